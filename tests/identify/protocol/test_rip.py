"""RIP and RIPng: responses about one route, by RFC 2453 section 3.9.1 and RFC 2080 section 2.4.1; ripd 8.4.4."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.rip import (
    PROTOCOLS,
    QUESTION_4,
    QUESTION_6,
    route_ng_untrusted,
    route_untrusted,
)

PROTOCOL, PROTOCOL_NG = PROTOCOLS
RESPONSE = b"\2" + QUESTION_4[1:-4] + b"\0\0\0\2"
RESPONSE_NG = b"\2" + QUESTION_6[1:]
RIPD = "020200000002000000000000000000000000000000000001"
SCRIPTS: dict[str, list[Line]] = {
    "a router": [(">", QUESTION_4), ("<", RESPONSE)],
    "ripd of Debian 12's frr": [(">", QUESTION_4), ("<", bytes.fromhex(RIPD))],
    "an echo": [(">", QUESTION_4), ("<", QUESTION_4)],
}
NG: dict[str, list[Line]] = {"a router": [(">", QUESTION_6), ("<", RESPONSE_NG)]}
MORE_SCRIPTS = ((PROTOCOL_NG, NG),)


def test_routers() -> None:
    assert play(PROTOCOL, SCRIPTS["a router"]).detail == {"version": 2, "metric": 2}
    assert play(PROTOCOL, SCRIPTS["ripd of Debian 12's frr"]).detail == {"version": 2, "metric": 1}
    assert play(PROTOCOL_NG, NG["a router"]).detail == {"version": 1, "metric": 16}
    assert play(PROTOCOL, [(">", QUESTION_4), ("<", RESPONSE[:-1] + b"\0")]).protocol is None


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(RESPONSE, RESPONSE_NG))
def test_any_bytes(data: bytes) -> None:
    for parse in (route_untrusted, route_ng_untrusted):
        with suppress(BadReply):
            parse(data)
