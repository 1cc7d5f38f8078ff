"""SPICE: replies laid out by the protocol's description, and libspice-server 0.15.1's of Debian 12."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.spice import PROTOCOL, QUESTION, reply_untrusted


def reply(fault: int, key: bytes = bytes(162)) -> bytes:
    body = struct.pack("<I", fault) + key + struct.pack("<III", 1, 1, 178) + bytes(8)
    return b"REDQ" + struct.pack("<III", 2, 2, len(body)) + body


LIBSPICE = bytes.fromhex(
    "524544510200000002000000ba0000000000000030819f300d06092a864886f70d010101050003818d00"
    "30818902818100bcb8e4d437db7db0d8704d808391ffb54fd3b14b9104951418cf94b6fd2a333baab213"
    "8500bab13573a603aa7346272282b3e015015fb434b099595426b07713017824a74e223c5e4430e760ba"
    "fcf2ae15799e1a674591f28e365811ebb6426d7852e33b2a3a2932ed6c3ff94e1101ffaf3625b5f6d82d"
    "459f5099763216814b02030100010100000001000000b2000000"
    "0b0000000f000000"
)
SCRIPTS: dict[str, list[Line]] = {
    "a console": [(">", QUESTION), ("<", reply(0, b"k" * 162))],
    "libspice-server 0.15.1 of Debian 12": [(">", QUESTION), ("<", LIBSPICE)],
    "TLS alone": [(">", QUESTION), ("<", reply(5))],
    "no SPICE": [(">", QUESTION), ("<", reply(0).replace(b"REDQ", b"BLUE"))],
}


def test_spice() -> None:
    service = play(PROTOCOL, SCRIPTS["a console"])
    assert service.protocol == "spice"
    assert service.detail == {"protocol": "2.2", "status": "ready", "key": True}
    service = play(PROTOCOL, SCRIPTS["libspice-server 0.15.1 of Debian 12"])
    assert service.detail == {"protocol": "2.2", "status": "ready", "key": True}
    assert play(PROTOCOL, SCRIPTS["TLS alone"]).detail["status"] == "TLS needed"


def test_what_is_no_spice_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no SPICE"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, reply_untrusted)
    survive(b"REDQ" + data, reply_untrusted)
    survive(reply(0)[: len(data) * 4], reply_untrusted)
