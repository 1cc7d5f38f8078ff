"""OpenVPN, by what openvpn of Debian 12 answers over UDP and TCP."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.openvpn import PROTOCOLS, QUESTION, answer_untrusted

PROTOCOL, PROTOCOL_TCP = PROTOCOLS
RESET = b"@\xf0\xfb\x80\x80\xeeE{Y\x01\x00\x00\x00\x00periplus\x00\x00\x00\x00"
EARLY = b"@\xc9\x8f\xf5\xc1\xb5\x82\xc9\x00\x00\x00\x00\x00\x00"
SCRIPTS: dict[str, list[Line]] = {
    "openvpn": [(">", QUESTION.data), ("<", RESET)],
    "a reset of its own": [(">", QUESTION.data), ("<", EARLY)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
TCP: dict[str, list[Line]] = {
    "openvpn": [(">", b"\0\x0e" + QUESTION.data), ("<", len(RESET).to_bytes(2, "big") + RESET)],
    "an echo": [(">", None), ("<", b"\0\x0e" + QUESTION.data)],
}
MORE_SCRIPTS = ((PROTOCOL_TCP, TCP),)


def test_openvpn() -> None:
    for protocol, scripts in ((PROTOCOL, SCRIPTS), (PROTOCOL_TCP, TCP)):
        service = play(protocol, scripts["openvpn"])
        assert (service.protocol, service.product, service.confidence) == ("openvpn", "OpenVPN", 0.98)
        assert play(protocol, scripts["an echo"]).protocol is None


def test_a_reset_that_acknowledges_nothing() -> None:
    assert play(PROTOCOL, SCRIPTS["a reset of its own"]).protocol is None


@given(damaged(RESET))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)
