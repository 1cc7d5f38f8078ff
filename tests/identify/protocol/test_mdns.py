"""mDNS: an answer to a question that came from no multicast port, by RFC 6762 section 6.7; avahi 0.8 of Debian 12."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import PEER, Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.mdns import (
    PROTOCOL,
    QUESTION,
    name_question,
    name_untrusted,
    services_untrusted,
)

NAME = b"\xc0\x0c\0\x0c\0\1\0\0\0\x0a"
TYPES = (b"\5_http\4_tcp\xc0\x23", b"\4_ipp\4_tcp\xc0\x23")
ANSWER = (
    QUESTION.data[:2]
    + b"\x84\0\0\1\0\2\0\0\0\0"
    + QUESTION.data[12:]
    + b"".join(NAME + len(each).to_bytes(2, "big") + each for each in TYPES)
)
NAMED = bytes.fromhex(
    "506584000001000100000000013101300231380331393807696e2d61646472046172706100000c8001"
    "c00c000c00010000000a000a02766d056c6f63616c00"
)
ASK_NAME = name_question(PEER).data
SCRIPTS: dict[str, list[Line]] = {
    "two services": [(">", QUESTION.data), ("<", ANSWER), (">", ASK_NAME)],
    "avahi-daemon of Debian 12, which offers no service": [
        (">", QUESTION.data),
        ("end", b"silent"),
        (">", ASK_NAME),
        ("<", NAMED),
    ],
    "another's name": [
        (">", QUESTION.data),
        ("end", b"silent"),
        (">", ASK_NAME),
        ("<", NAMED.replace(b"local", b"lokal")),
    ],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data), (">", ASK_NAME), ("<", ASK_NAME)],
}


def test_two_services() -> None:
    service = play(PROTOCOL, SCRIPTS["two services"])
    assert (service.protocol, service.detail) == ("mdns", {"services": ["_http._tcp", "_ipp._tcp"]})


def test_the_name_of_who_offers_no_service() -> None:
    service = play(PROTOCOL, SCRIPTS["avahi-daemon of Debian 12, which offers no service"])
    assert (service.protocol, service.hostname, service.confidence) == ("mdns", "vm.local", 0.95)
    assert play(PROTOCOL, SCRIPTS["another's name"]).protocol is None


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ANSWER, NAMED))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        services_untrusted(data)
    with suppress(BadReply):
        name_untrusted(data, ASK_NAME)
