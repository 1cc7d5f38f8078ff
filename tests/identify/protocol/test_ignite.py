"""Ignite: a refusal laid out by the documentation of its thin clients."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.ignite import PROTOCOL, QUESTION, refusal_untrusted


def refusal(text: bytes) -> bytes:
    body = b"\0" + struct.pack("<HHHBI", 1, 7, 0, 9, len(text)) + text + struct.pack("<I", 1)
    return struct.pack("<I", len(body)) + body


SCRIPTS: dict[str, list[Line]] = {
    "a node of 2.13": [(">", QUESTION), ("<", refusal(b"Unsupported version: 99.0.0"))],
    "no Ignite": [(">", QUESTION), ("<", refusal(b"go away"))],
}


def test_ignite() -> None:
    service = play(PROTOCOL, SCRIPTS["a node of 2.13"])
    assert (service.protocol, service.product) == ("ignite", "Apache Ignite")
    assert service.detail["protocol"] == "1.7.0"


def test_what_is_no_ignite_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no Ignite"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, refusal_untrusted)
    survive(refusal(b"Unsupported version")[:11] + data + b"nsupported version", refusal_untrusted)
