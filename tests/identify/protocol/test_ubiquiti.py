"""Ubiquiti's discovery: an answer of version 1 with the usual fields."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.ubiquiti import PROTOCOL, QUESTION, fields_untrusted


def field(kind: int, value: bytes) -> bytes:
    return bytes([kind]) + len(value).to_bytes(2, "big") + value


FIELDS = (
    field(2, bytes.fromhex("788a20010203c6120001")) + field(3, b"XM.ar7240.v6.1.9.32918") + field(11, b"bridge")
    + field(12, b"N5B") + field(20, b"NanoBridge M5")
)  # fmt: skip
ANSWER = b"\1\0" + len(FIELDS).to_bytes(2, "big") + FIELDS
SCRIPTS: dict[str, list[Line]] = {
    "a bridge": [(">", QUESTION.data), ("<", ANSWER)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_bridge() -> None:
    service = play(PROTOCOL, SCRIPTS["a bridge"])
    assert (service.vendor, service.product, service.hostname) == ("Ubiquiti", "NanoBridge M5", "bridge")
    assert service.version == "XM.ar7240.v6.1.9.32918"
    assert service.detail["mac"] == "78:8a:20:01:02:03"


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        fields_untrusted(data)
