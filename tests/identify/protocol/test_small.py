"""The small services, by what inetd of Debian 12 (openbsd-inetd) says in a network namespace."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play

from periplus.errors import BadReply
from periplus.identify.model import Over
from periplus.identify.protocol.small import (
    ANYTHING,
    PROTOCOLS,
    chargen_untrusted,
    daytime_untrusted,
    looks_chargen_untrusted,
    looks_daytime_untrusted,
    looks_time_untrusted,
    talk_echo_untrusted,
    text_untrusted,
    time_untrusted,
)

TCP = {each.name: each for each in PROTOCOLS if each.over is Over.TCP}
UDP = {each.name: each for each in PROTOCOLS if each.over is Over.UDP}
OURS = b"periplus " + PEER.nonce[:16].hex().encode() + b"\r\n"
DATE, TIME = b"Wed Nov 25 23:16:10 2026\r\n", b"\xee\xb1\xea\xba"
LINES = b"".join(bytes((at + each) % 95 + 32 for each in range(72)) + b"\r\n" for at in range(100))
QUOTE, USERS = b"A quote of the day.\r\n", b"root     tty1         Nov 25 23:16\r\n"
CLOSED: Line = ("end", b"closed")
SCRIPTS_TCP: dict[str, list[Line]] = {
    "echo": [(">", OURS), ("<", OURS)],
    "daytime": [("<", DATE), CLOSED],
    "time": [("<", TIME), CLOSED],
    "chargen": [("<", LINES[:500])],
    "qotd": [("<", QUOTE), CLOSED],
    "systat": [("<", USERS), CLOSED],
}
SCRIPTS_UDP: dict[str, list[Line]] = {
    "echo": [(">", OURS), ("<", OURS)],
    "daytime": [(">", ANYTHING), ("<", DATE)],
    "time": [(">", ANYTHING), ("<", TIME)],
    "chargen": [(">", ANYTHING), ("<", LINES[:74])],
    "qotd": [(">", ANYTHING), ("<", QUOTE)],
    "systat": [(">", ANYTHING), ("<", USERS)],
}
MORE_SCRIPTS = tuple(
    (protocols[name], {"inetd": script})
    for protocols, scripts in ((TCP, SCRIPTS_TCP), (UDP, SCRIPTS_UDP))
    for name, script in scripts.items()
)
SURE = {"echo": 0.8, "daytime": 0.7, "time": 0.7, "chargen": 0.95, "qotd": 0.4, "systat": 0.4}


@pytest.mark.parametrize("name", SURE)
def test_each_is_as_sure_as_its_form(name: str) -> None:
    over_tcp, over_udp = play(TCP[name], SCRIPTS_TCP[name]), play(UDP[name], SCRIPTS_UDP[name])
    assert (over_tcp.protocol, over_tcp.confidence) == (name, SURE[name])
    assert (over_udp.protocol, over_udp.confidence) == (name, 0.85 if name == "chargen" else SURE[name])


def test_what_they_say() -> None:
    assert play(TCP["daytime"], SCRIPTS_TCP["daytime"]).detail["says"] == "Wed Nov 25 23:16:10 2026"
    seconds = play(TCP["time"], SCRIPTS_TCP["time"]).detail["says"]
    assert isinstance(seconds, int)
    since_1900 = datetime.fromtimestamp(seconds - 2_208_988_800, UTC)
    assert since_1900.strftime("%a %b %d %H:%M:%S %Y") == "Wed Nov 25 23:16:10 2026"
    assert play(TCP["qotd"], SCRIPTS_TCP["qotd"]).detail["says"] == "A quote of the day."


@pytest.mark.parametrize("name", ["daytime", "time", "qotd", "systat"])
def test_who_does_not_close_is_none(name: str) -> None:
    assert play(TCP[name], [*SCRIPTS_TCP[name][:1], ("end", b"silent")]).protocol is None


@pytest.mark.parametrize("name", ["daytime", "time", "chargen", "qotd"])
def test_an_echo_is_none(name: str) -> None:
    assert play(UDP[name], [(">", ANYTHING), ("<", ANYTHING)]).protocol is None


@pytest.mark.parametrize(
    "line",
    [
        b"\n60639 24-11-25 23:16:10 00 0 0 123.4 UTC(NIST) * \n",
        b"25 NOV 2026 23:16:10 UTC\r\n",
        b"2026-11-25 23:16:10\r\n",
        b"11:16:10 PM 11/25/2026\n",
    ],
)
def test_dates(line: bytes) -> None:
    assert daytime_untrusted(line).confidence >= 0.7
    assert looks_daytime_untrusted(line) > 0.4


@pytest.mark.parametrize(
    "line", [b"220 mail.example.com ESMTP 25 Nov 2026 23:16:10\r\n", b"hello\r\n", DATE + DATE]
)
def test_other_lines_are_no_dates(line: bytes) -> None:
    assert looks_daytime_untrusted(line) == 0


def test_other_looks() -> None:
    assert looks_time_untrusted(TIME) == 0.35
    assert looks_time_untrusted(b"220 ") == looks_time_untrusted(TIME + b"\0") == 0
    assert looks_chargen_untrusted(LINES) == 0.95
    assert looks_chargen_untrusted(LINES[:74] * 2) == 0


@given(st.binary(max_size=160), st.sampled_from([b"", LINES[:100], DATE[:12]]))
def test_any_bytes(data: bytes, before: bytes) -> None:
    for read_untrusted in (chargen_untrusted, daytime_untrusted, text_untrusted, time_untrusted):
        with suppress(BadReply):
            assert 0 < read_untrusted(before + data).confidence <= 0.95


@given(st.binary(max_size=160))
def test_any_first_bytes(data: bytes) -> None:
    for looks_untrusted in (looks_chargen_untrusted, looks_daytime_untrusted, looks_time_untrusted):
        assert 0 <= looks_untrusted(data) <= 0.95
    exhaust(talk_echo_untrusted(PEER), data)
