"""OPC UA: acknowledgement, channel and FindServers' answer, by Part 6; what asyncua and node-opcua answer."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.opcua import (
    FIND_RESPONSE,
    NO_TEXT,
    OPEN_RESPONSE,
    POLICY_NONE,
    PROTOCOL,
    application_untrusted,
    channel_untrusted,
    chunk,
    looks_untrusted,
    text,
)

ACK = chunk(b"ACK", struct.pack("<IIIII", 0, 65535, 65535, 0, 0))
ERROR = chunk(b"ERR", struct.pack("<I", 0x80830000) + NO_TEXT)


def response(number: int, body: bytes, result: int = 0) -> bytes:
    head = struct.pack("<BBH", 1, 0, number) + struct.pack("<qIIB", 0, 1, result, 0) + NO_TEXT + b"\0\0\0"
    return head + body


OPENED = chunk(
    b"OPN",
    struct.pack("<I", 7) + text(POLICY_NONE) + 2 * NO_TEXT + struct.pack("<II", 1, 1)
    + response(OPEN_RESPONSE, struct.pack("<IIIqI", 0, 7, 9, 0, 60000) + NO_TEXT),
)  # fmt: skip
APPLICATION = (
    struct.pack("<I", 1) + text(b"urn:open62541.server.application") + text(b"http://open62541.org")
    + b"\3" + text(b"en") + text(b"open62541-based OPC UA Application") + struct.pack("<I", 0) + 4 * NO_TEXT
)  # fmt: skip
FOUND = chunk(b"MSG", struct.pack("<IIII", 7, 9, 2, 2) + response(FIND_RESPONSE, APPLICATION))
ASYNCUA = (
    (b"ACKF\x1c\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\xff\xff\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00"),
    (
        b"OPNF\x87\x00\x00\x00\x06\x00\x00\x00/\x00\x00\x00http://opcfoundation.org/UA/SecurityPolicy#N"
        b"one\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\xc1\x01X\x00\x9a:"
        b"5}\xdd\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x06\x00\x00\x00\r\x00\x00\x00\x08\x00\x9a:5}\xdd\x01`\xea\x00\x00\x00\x00\x00\x00"
    ),
    (
        b"MSGF\xca\x00\x00\x00\x06\x00\x00\x00\r\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00"
        b"\xa9\x014\x04\x9c:5}\xdd\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x01\x00\x00\x00\x1b\x00\x00\x00urn:freeopcua:python:server%\x00\x00\x00urn:freeopcua.github."
        b"io:python:server\x02\x17\x00\x00\x00FreeOpcUa Python Server\x02\x00\x00\x00\xff\xff\xff\xff"
        b"\xff\xff\xff\xff\x01\x00\x00\x00\x1a\x00\x00\x00opc.tcp://127.0.0.1:4840/x"
    ),
)
NODE_OPCUA = (
    bytes.fromhex("41434b461c00000000000000ffff0000ffff0000ffff000001000000"),
    bytes.fromhex(
        "4f504e46870000001a0000002f000000687474703a2f2f6f7063666f756e646174696f6e2e6f72672f55"
        "412f5365637572697479506f6c696379234e6f6e65ffffffffffffffff01000000010000000100c101f0"
        "2be883667ddd0101000000000000000000000000000000000000001a00000001000000f02be883667ddd"
        "0160ea0000ffffffff"
    ),
    bytes.fromhex(
        "4d534746a80000001a0000000100000002000000020000000100a9014095f783667ddd01010000000000"
        "00000000000000000000010000001700000075726e3a766d3a4e6f64654f504355412d53657276657210"
        "0000004e6f64654f504355412d5365727665720302000000656e090000004e6f64654f50435541000000"
        "00000000000000000001000000190000006f70632e7463703a2f2f3132372e302e302e313a3234383431"
    ),
)
SCRIPTS: dict[str, list[Line]] = {
    "open62541": [
        (">", None),
        ("<", ACK),
        (">", None),
        ("<", OPENED),
        (">", None),
        ("<", FOUND),
        (">", None),
    ],
    "asyncua": [(">", None), *(line for each in ASYNCUA for line in (("<", each), (">", None)))],
    "node-opcua 2.182": [(">", None), *(line for each in NODE_OPCUA for line in (("<", each), (">", None)))],
    "it refuses": [(">", None), ("<", ERROR)],
    "HTTP": [(">", None), ("<", b"HTTP/1.1 400 Bad Request\r\n\r\n")],
}


def test_open62541() -> None:
    service = play(PROTOCOL, SCRIPTS["open62541"])
    assert (service.protocol, service.product) == ("opcua-tcp", "open62541")
    assert service.detail["type"] == "server"
    assert service.info == "open62541-based OPC UA Application"


def test_asyncua() -> None:
    service = play(PROTOCOL, SCRIPTS["asyncua"])
    assert (service.product, service.detail["type"]) == ("FreeOpcUa asyncua", "client and server")
    assert service.detail["uri"] == "urn:freeopcua:python:server"


def test_node_opcua() -> None:
    service = play(PROTOCOL, SCRIPTS["node-opcua 2.182"])
    assert (service.product, service.info) == ("node-opcua", "NodeOPCUA")
    assert service.detail["uri"] == "urn:vm:NodeOPCUA-Server"


def test_less() -> None:
    assert play(PROTOCOL, SCRIPTS["it refuses"]).confidence == 0.97
    assert play(PROTOCOL, SCRIPTS["HTTP"]).protocol is None
    assert (looks_untrusted(ACK), looks_untrusted(ERROR), looks_untrusted(b"HELF")) == (0.95, 0.95, 0)


@given(damaged(OPENED[8:], FOUND[8:]))
def test_any_message(data: bytes) -> None:
    for parse, kind in ((channel_untrusted, b"OPNF"), (application_untrusted, b"MSGF")):
        with suppress(BadReply):
            parse((kind, data))
