"""STUN, by what coturn of Debian 12 answers over UDP and TCP."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.stun import PROTOCOLS, QUESTION, answer_untrusted

PROTOCOL, PROTOCOL_TCP = PROTOCOLS
ANSWER = (
    b"\x01\x01\x00<!\x12\xa4Bperiplus-udp\x00 \x00\x08\x00\x01\xf3\x06^\x12\xa4C\x00\x01\x00\x08"
    b'\x00\x01\xd2\x14\x7f\x00\x00\x01\x80+\x00\x08\x00\x014\xa6\x7f\x00\x00\x01\x80"\x00\x14Coturn'
    b"-4.6.1 'Gorst'"
)
SCRIPTS: dict[str, list[Line]] = {
    "coturn": [(">", QUESTION.data), ("<", ANSWER)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
    "another transaction": [(">", QUESTION.data), ("<", ANSWER.replace(b"periplus-udp", b"periplus-tcp"))],
}
MORE_SCRIPTS = ((PROTOCOL_TCP, SCRIPTS),)


def test_coturn() -> None:
    for protocol in PROTOCOLS:
        service = play(protocol, SCRIPTS["coturn"])
        assert (service.protocol, service.product, service.version) == ("stun", "coturn", "4.6.1")
        assert service.detail["origin"] == "127.0.0.1:13478"


def test_what_is_no_answer_to_us() -> None:
    for protocol in PROTOCOLS:
        assert play(protocol, SCRIPTS["an echo"]).protocol is None
        assert play(protocol, SCRIPTS["another transaction"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)
