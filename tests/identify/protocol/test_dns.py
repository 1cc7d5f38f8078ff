"""DNS, by what BIND, dnsmasq, Unbound, NSD and Knot of Debian 12 answer on the loopback."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.dns import (
    LOCALHOST,
    NAMES,
    PROTOCOLS,
    QUESTIONS,
    VERSION,
    first_untrusted,
    looks_untrusted,
    name_untrusted,
    version_untrusted,
)

PROTOCOL, PROTOCOL_TCP = PROTOCOLS
BIND = b"Pe\x81\x82\x00\x01\x00\x00\x00\x00\x00\x00\tlocalhost\x00\x00\x01\x00\x01"
BIND_VERSION = (
    b"Pe\x84\x00\x00\x01\x00\x01\x00\x01\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03\xc0\x0c\x00"
    b"\x10\x00\x03\x00\x00\x00\x00\x00\x19\x189.18.49-1~deb12u3-Debian\xc0\x0c\x00\x02\x00\x03\x00"
    b"\x00\x00\x00\x00\x02\xc0\x0c"
)
BIND_NO_ID = (
    b"Pe\x84\x00\x00\x01\x00\x00\x00\x01\x00\x00\x02id\x06server\x00\x00\x10\x00\x03\xc0\x0c\x00"
    b"\x06\x00\x03\x00\x01Q\x80\x00#\xc0\x0c\nhostmaster\xc0\x0c\x00\x00\x00\x00\x00\x00p\x80\x00"
    b"\x00\x1c \x00\t:\x80\x00\x01Q\x80"
)
BIND_NAME = (
    b"Pe\x84\x00\x00\x01\x00\x01\x00\x01\x00\x00\x08hostname\x04bind\x00\x00\x10\x00\x03\xc0\x0c"
    b"\x00\x10\x00\x03\x00\x00\x00\x00\x00\x03\x02vm\xc0\x0c\x00\x02\x00\x03\x00\x00\x00\x00\x00"
    b"\x02\xc0\x0c"
)
DNSMASQ = b"Pe\x81\x85\x00\x01\x00\x00\x00\x00\x00\x00\tlocalhost\x00\x00\x01\x00\x01"
DNSMASQ_VERSION = (
    b"Pe\x84\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03\xc0\x0c\x00"
    b"\x10\x00\x03\x00\x00\x00\x00\x00\r\x0cdnsmasq-2.90"
)
UNBOUND = (
    b"Pe\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00\tlocalhost\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00"
    b"\x01\x00\x00*0\x00\x04\x7f\x00\x00\x01"
)
UNBOUND_VERSION = (
    b"Pe\x80\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03\xc0\x0c\x00"
    b"\x10\x00\x03\x00\x00\x00\x00\x00\x0f\x0eunbound 1.17.1"
)
UNBOUND_ID = (
    b"Pe\x80\x80\x00\x01\x00\x01\x00\x00\x00\x00\x02id\x06server\x00\x00\x10\x00\x03\xc0\x0c\x00"
    b"\x10\x00\x03\x00\x00\x00\x00\x00\x03\x02vm"
)
NSD = b"Pe\x81\x05\x00\x01\x00\x00\x00\x00\x00\x00\tlocalhost\x00\x00\x01\x00\x01"
NSD_VERSION = (
    b"Pe\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03\xc0\x0c\x00"
    b"\x10\x00\x03\x00\x00\x00\x00\x00\n\tNSD 4.6.1"
)


def script(*answers: bytes) -> list[Line]:
    asked = (LOCALHOST, VERSION, *NAMES)
    lines: list[Line] = []
    for question, answer in zip(asked, answers, strict=False):
        lines += [(">", question), ("<", answer)]
    for question in asked[len(answers) :]:
        lines += [(">", question), ("end", b"silent")]
    return lines


def over_tcp(lines: list[Line]) -> list[Line]:
    return [(way, len(data or b"").to_bytes(2, "big") + (data or b"")) for way, data in lines]


SCRIPTS = {
    "bind9": script(BIND, BIND_VERSION, BIND_NO_ID, BIND_NAME),
    "dnsmasq": script(DNSMASQ, DNSMASQ_VERSION),
    "unbound": script(UNBOUND, UNBOUND_VERSION, UNBOUND_ID),
    "nsd": script(NSD, NSD_VERSION),
}
SCRIPTS_TCP = {"bind9": over_tcp(SCRIPTS["bind9"]), "not a word": [(">", None), ("<", b"\0\x02hi")]}
MORE_SCRIPTS = ((PROTOCOL_TCP, SCRIPTS_TCP),)


def test_bind() -> None:
    for service in (play(PROTOCOL, SCRIPTS["bind9"]), play(PROTOCOL_TCP, SCRIPTS_TCP["bind9"])):
        assert (service.protocol, service.product, service.version) == ("domain", "BIND", "9.18.49")
        assert service.os == "Debian 12"
        assert (service.detail["server_id"], service.detail["recursion_available"]) == ("vm", True)


def test_others() -> None:
    named = {name: play(PROTOCOL, each) for name, each in SCRIPTS.items()}
    assert [named[each].product for each in ("dnsmasq", "unbound", "nsd")] == ["dnsmasq", "Unbound", "NSD"]
    assert [named[each].version for each in ("dnsmasq", "unbound", "nsd")] == ["2.90", "1.17.1", "4.6.1"]
    assert named["unbound"].detail["server_id"] == "vm"
    assert named["nsd"].detail["recursion_available"] is False
    assert named["nsd"].detail["answer"] == "REFUSED"


def test_an_echo_and_another_id_are_no_answers() -> None:
    for data in (LOCALHOST, b"xx" + BIND[2:], b""):
        assert PROTOCOL.looks(data) == 0
    assert play(PROTOCOL_TCP, SCRIPTS_TCP["not a word"]).protocol is None


def test_looks_over_tcp() -> None:
    assert looks_untrusted(len(BIND).to_bytes(2, "big") + BIND) == 0.98
    assert looks_untrusted(BIND) == 0
    assert len(QUESTIONS) == 4


@given(damaged(BIND, BIND_VERSION, UNBOUND_ID))
def test_any_bytes(data: bytes) -> None:
    for parse in (first_untrusted, version_untrusted, name_untrusted):
        with suppress(BadReply):
            parse(data)
