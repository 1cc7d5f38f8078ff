"""Bitcoin: a version message by the protocol's documentation, in every network, and litecoind's of Debian 12."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.bitcoin import (
    NETWORKS,
    PROTOCOLS,
    VERSION,
    checksum,
    looks_untrusted,
    message,
    version_untrusted,
)

PROTOCOL = PROTOCOLS[0]
AGENT = b"/Satoshi:25.0.0/"
BODY = struct.pack("<iQq", 70016, 1033, 1700000000) + bytes(52) + bytes(8) + bytes([len(AGENT)]) + AGENT
BODY += struct.pack("<i?", 820000, True)


def version(magic: bytes, body: bytes = BODY, check: bytes | None = None) -> bytes:
    return (
        magic + VERSION + struct.pack("<I", len(body)) + (checksum(body) if check is None else check) + body
    )


MAIN = next(iter(NETWORKS))
SCRIPTS: dict[str, list[Line]] = {
    "Bitcoin Core": [(">", message(MAIN, bytes(range(64)))), ("<", version(MAIN))],
    "a wrong checksum": [(">", None), ("<", version(MAIN, check=bytes(4)))],
}
LITECOIND = bytes.fromhex(
    "fbc0b6db76657273696f6e00000000006d0000003cc6bb5d801101000904000100000000b9c2076b0000"
    "000000000000000000000000000000000000000000000000000000000904000100000000000000000000"
    "000000000000000000000000797c24387d4aacc3172f4c697465636f696e436f72653a302e32312e322e"
    "312f0000000001fbc0b6db76657261636b000000000000000000005df6e0e2"
)
MORE_SCRIPTS = tuple(
    (protocol, {"a node": [(">", None), ("<", version(magic))]})
    for protocol, magic in zip(PROTOCOLS[1:], list(NETWORKS)[1:], strict=True)
)


def test_bitcoin_core() -> None:
    service = play(PROTOCOL, SCRIPTS["Bitcoin Core"])
    assert (service.protocol, service.product, service.version) == ("bitcoin", "Bitcoin Core", "25.0.0")
    assert service.detail["height"] == 820000
    assert play(PROTOCOL, SCRIPTS["a wrong checksum"]).protocol is None


def test_other_networks() -> None:
    names = [play(protocol, scripts["a node"]).protocol for protocol, scripts in MORE_SCRIPTS]
    assert names == ["bitcoin-testnet", "litecoin", "dogecoin"]


def test_litecoind() -> None:
    service = play(PROTOCOLS[2], [(">", None), ("<", LITECOIND)])
    assert (service.product, service.version) == ("Litecoin Core", "0.21.2.1")
    assert service.detail["protocol"] == 70016


def test_our_message_is_in_form() -> None:
    ours = message(MAIN, bytes(64))
    assert ours[20:24] == checksum(ours[24:])
    assert int.from_bytes(ours[16:20], "little") == len(ours) - 24
    assert looks_untrusted(ours) == 0.97
    assert looks_untrusted(b"HTTP/1.1 400 Bad Request") == 0


@given(damaged(BODY))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        version_untrusted(data)
