"""SPICE: replies laid out by the protocol's description."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.spice import PROTOCOL, QUESTION, reply_untrusted


def reply(fault: int, key: bytes = bytes(162)) -> bytes:
    body = struct.pack("<I", fault) + key + struct.pack("<III", 1, 1, 178) + bytes(8)
    return b"REDQ" + struct.pack("<III", 2, 2, len(body)) + body


SCRIPTS: dict[str, list[Line]] = {
    "a console": [(">", QUESTION), ("<", reply(0, b"k" * 162))],
    "TLS alone": [(">", QUESTION), ("<", reply(5))],
    "no SPICE": [(">", QUESTION), ("<", reply(0).replace(b"REDQ", b"BLUE"))],
}


def test_spice() -> None:
    service = play(PROTOCOL, SCRIPTS["a console"])
    assert service.protocol == "spice"
    assert service.detail == {"protocol": "2.2", "status": "ready", "key": True}
    assert play(PROTOCOL, SCRIPTS["TLS alone"]).detail["status"] == "TLS needed"


def test_what_is_no_spice_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no SPICE"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, reply_untrusted)
    survive(b"REDQ" + data, reply_untrusted)
    survive(reply(0)[: len(data) * 4], reply_untrusted)
