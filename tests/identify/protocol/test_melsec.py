"""MELSEC: the response to command 0101 by Mitsubishi SH-080956, and virtual-plc 0.3's."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.melsec import PROTOCOL, QUESTION, RESPONSE, looks_untrusted, name_untrusted


def answer(body: bytes) -> bytes:
    return RESPONSE + len(body).to_bytes(2, "little") + body


NAMED = b"\0\0" + b"Q03UDECPU".ljust(16) + b"\x68\2"
VIRTUAL = bytes.fromhex("d00000ffff0300140000005669727475616c504c432d5100000000ffff")
SCRIPTS: dict[str, list[Line]] = {
    "a controller": [(">", QUESTION), ("<", answer(NAMED))],
    "an error": [(">", QUESTION), ("<", answer(b"\x59\xc0\0\xff\xff\3\0\1\1\0\0"))],
    "virtual-plc 0.3": [(">", QUESTION), ("<", VIRTUAL)],
    "an echo": [(">", QUESTION), ("<", QUESTION)],
}


def test_a_controller() -> None:
    service = play(PROTOCOL, SCRIPTS["a controller"])
    assert (service.protocol, service.vendor, service.product) == (
        "melsec",
        "Mitsubishi Electric",
        "Q03UDECPU",
    )
    assert play(PROTOCOL, SCRIPTS["an error"]).detail == {"end_code": "c059"}
    assert play(PROTOCOL, SCRIPTS["virtual-plc 0.3"]).product == "VirtualPLC-Q"
    assert (looks_untrusted(answer(NAMED)), looks_untrusted(QUESTION)) == (0.95, 0)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(NAMED))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        name_untrusted(data)
