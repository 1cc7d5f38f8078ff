"""Quake III, II and QuakeWorld: answers by the games' sources; openarena-server's of Debian 12 (shortened)."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.quake import (
    ASK_STATUS,
    DATA,
    INFO,
    PROTOCOLS,
    info_untrusted,
    status_3_untrusted,
    status_untrusted,
)

PROTOCOL, QUAKE_2, QUAKEWORLD = PROTOCOLS
RESPONSE = INFO + rb"\challenge\periplus\protocol\71\hostname\noname\mapname\oa_dm1\gamename\baseoa"
STATUS_2 = b"\xff\xff\xff\xffprint\n" + rb"\version\3.20 x86\hostname\noname\mapname\q2dm1" + b"\n"
STATUS_W = b"\xff\xff\xff\xffn" + rb"\hostname\noname\*version\MVDSV 0.36\map\dm4" + b"\n\0"
OPENARENA = (
    INFO
    + rb"\voip\opus\g_needpass\0\pure\1\gametype\0\sv_maxclients\8\g_humanplayers\0\clients\0\mapname\oa_dm1"
    rb"\hostname\noname\protocol\71\gamename\Quake3Arena\challenge\periplus",
    b"\xff\xff\xff\xffstatusResponse\n"
    rb"\challenge\periplus\com_protocol\71\version\ioq3 1.36+u20221123.70d07d9+dfsg-1/Debian linux-x86_64 Jan  8 2023"
    rb"\com_gamename\Quake3Arena\dmflags\0\fraglimit\20\timelimit\0\g_gametype\0\mapname\oa_dm1\sv_privateClients\0"
    rb"\sv_hostname\noname\sv_maxclients\8\gamename\baseoa\g_needpass\0" + b"\n",
)
SCRIPTS: dict[str, list[Line]] = {
    "silent about its status": [(">", DATA["quake-3"]), ("<", RESPONSE), (">", ASK_STATUS)],
    "openarena-server of Debian 12": [
        (">", DATA["quake-3"]),
        ("<", OPENARENA[0]),
        (">", ASK_STATUS),
        ("<", OPENARENA[1]),
    ],
    "another challenge": [(">", DATA["quake-3"]), ("<", RESPONSE.replace(b"periplus", b"xxxxxxxx"))],
    "an echo": [(">", DATA["quake-3"]), ("<", DATA["quake-3"])],
}
MORE_SCRIPTS = (
    (QUAKE_2, {"Quake II": [(">", DATA["quake-2"]), ("<", STATUS_2)]}),
    (QUAKEWORLD, {"MVDSV": [(">", DATA["quakeworld"]), ("<", STATUS_W)]}),
)


def test_openarena() -> None:
    service = play(PROTOCOL, SCRIPTS["openarena-server of Debian 12"])
    assert (service.protocol, service.product) == ("quake3", "OpenArena server")
    assert (service.info, service.os) == ("ioquake3 1.36+u20221123.70d07d9+dfsg-1", "Linux")
    assert play(PROTOCOL, SCRIPTS["silent about its status"]).product == "OpenArena server"
    assert service.detail["mapname"] == "oa_dm1"


def test_what_is_no_answer_to_us() -> None:
    assert play(PROTOCOL, SCRIPTS["another challenge"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


def test_the_older() -> None:
    services = [play(protocol, script) for protocol, scripts in MORE_SCRIPTS for script in scripts.values()]
    assert [each.protocol for each in services] == ["quake2", "quakeworld"]
    assert (services[1].product, services[1].version) == ("MVDSV", "0.36")


@given(damaged(RESPONSE, OPENARENA[1], STATUS_2, STATUS_W))
def test_any_bytes(data: bytes) -> None:
    for parse in (info_untrusted, status_3_untrusted, status_untrusted):
        with suppress(BadReply):
            parse(data)
