"""STUN, by what coturn of Debian 12 answers over UDP and TCP, and stun-server over UDP."""

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
VOVIDA = bytes.fromhex(
    "010100442112a44270657269706c75732d756470000100080001de727f0000010004000800015bb67f00"
    "00010005000800015bb77f000002002000080001ff605e12a44380220010566f766964612e6f72672030"
    "2e393700"
)
SCRIPTS: dict[str, list[Line]] = {
    "coturn": [(">", QUESTION.data), ("<", ANSWER)],
    "stun-server of Debian 12": [(">", QUESTION.data), ("<", VOVIDA)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
    "another transaction": [(">", QUESTION.data), ("<", ANSWER.replace(b"periplus-udp", b"periplus-tcp"))],
}
MORE_SCRIPTS = ((PROTOCOL_TCP, SCRIPTS),)


def test_stun_server() -> None:
    service = play(PROTOCOL, SCRIPTS["stun-server of Debian 12"])
    assert (service.product, service.version) == ("stund", "0.97")


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
