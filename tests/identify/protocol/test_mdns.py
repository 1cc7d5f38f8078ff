"""mDNS: an answer to a question that came from no multicast port, by RFC 6762 section 6.7."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.mdns import PROTOCOL, QUESTION, services_untrusted

NAME = b"\xc0\x0c\0\x0c\0\1\0\0\0\x0a"
TYPES = (b"\5_http\4_tcp\xc0\x23", b"\4_ipp\4_tcp\xc0\x23")
ANSWER = (
    QUESTION.data[:2]
    + b"\x84\0\0\1\0\2\0\0\0\0"
    + QUESTION.data[12:]
    + b"".join(NAME + len(each).to_bytes(2, "big") + each for each in TYPES)
)
SCRIPTS: dict[str, list[Line]] = {
    "two services": [(">", QUESTION.data), ("<", ANSWER)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_two_services() -> None:
    service = play(PROTOCOL, SCRIPTS["two services"])
    assert (service.protocol, service.detail) == ("mdns", {"services": ["_http._tcp", "_ipp._tcp"]})


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        services_untrusted(data)
