"""MikroTik's neighbour discovery: an answer with the fields that its documentation names."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.mikrotik import PROTOCOL, QUESTION, fields_untrusted


def field(kind: int, value: bytes) -> bytes:
    return kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


ANSWER = (
    b"\0\0\0\1" + field(1, bytes.fromhex("488f5a010203")) + field(5, b"edge") + field(7, b"7.12.1 (stable)")
    + field(8, b"MikroTik") + field(12, b"RB5009UG+S+")
)  # fmt: skip
SCRIPTS: dict[str, list[Line]] = {
    "a router": [(">", QUESTION.data), ("<", ANSWER)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_router() -> None:
    service = play(PROTOCOL, SCRIPTS["a router"])
    assert (service.protocol, service.product, service.version) == ("mndp", "RouterOS", "7.12.1")
    assert (service.hostname, service.info) == ("edge", "RB5009UG+S+")


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        fields_untrusted(data)
