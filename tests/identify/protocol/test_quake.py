"""Quake III, II and QuakeWorld: answers by the games' sources."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.quake import DATA, INFO, PROTOCOLS, info_untrusted, status_untrusted

PROTOCOL, QUAKE_2, QUAKEWORLD = PROTOCOLS
RESPONSE = INFO + rb"\challenge\periplus\protocol\71\hostname\noname\mapname\oa_dm1\gamename\baseoa"
STATUS_2 = b"\xff\xff\xff\xffprint\n" + rb"\version\3.20 x86\hostname\noname\mapname\q2dm1" + b"\n"
STATUS_W = b"\xff\xff\xff\xffn" + rb"\hostname\noname\*version\MVDSV 0.36\map\dm4" + b"\n\0"
SCRIPTS: dict[str, list[Line]] = {
    "OpenArena": [(">", DATA["quake-3"]), ("<", RESPONSE)],
    "another challenge": [(">", DATA["quake-3"]), ("<", RESPONSE.replace(b"periplus", b"xxxxxxxx"))],
    "an echo": [(">", DATA["quake-3"]), ("<", DATA["quake-3"])],
}
MORE_SCRIPTS = (
    (QUAKE_2, {"Quake II": [(">", DATA["quake-2"]), ("<", STATUS_2)]}),
    (QUAKEWORLD, {"MVDSV": [(">", DATA["quakeworld"]), ("<", STATUS_W)]}),
)


def test_openarena() -> None:
    service = play(PROTOCOL, SCRIPTS["OpenArena"])
    assert (service.protocol, service.product) == ("quake3", "OpenArena server")
    assert service.detail["mapname"] == "oa_dm1"


def test_what_is_no_answer_to_us() -> None:
    assert play(PROTOCOL, SCRIPTS["another challenge"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


def test_the_older() -> None:
    services = [play(protocol, script) for protocol, scripts in MORE_SCRIPTS for script in scripts.values()]
    assert [each.protocol for each in services] == ["quake2", "quakeworld"]
    assert (services[1].product, services[1].version) == ("MVDSV", "0.36")


@given(damaged(RESPONSE, STATUS_2, STATUS_W))
def test_any_bytes(data: bytes) -> None:
    for parse in (info_untrusted, status_untrusted):
        with suppress(BadReply):
            parse(data)
