"""A2S_INFO: the examples of Valve's documentation."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.steam import (
    ANSWER,
    CHALLENGE,
    INFO,
    PROTOCOL,
    info_untrusted,
    looks_untrusted,
)

FACTS = (
    ANSWER + b"\x11Game Server\0de_dust2\0cstrike\0Counter-Strike: Source\0" + (240).to_bytes(2, "little")
    + bytes([5, 16, 4]) + b"dl\0\1" + b"1.0.0.70\0"
)  # fmt: skip
SCRIPTS: dict[str, list[Line]] = {
    "at once": [(">", INFO), ("<", FACTS)],
    "by a challenge": [(">", INFO), ("<", CHALLENGE + b"\1\2\3\4"), (">", INFO + b"\1\2\3\4"), ("<", FACTS)],
    "a challenge alone": [(">", INFO), ("<", CHALLENGE + b"\1\2\3\4"), (">", INFO + b"\1\2\3\4")],
    "an echo": [(">", INFO), ("<", INFO)],
}


def test_facts() -> None:
    for name in ("at once", "by a challenge"):
        service = play(PROTOCOL, SCRIPTS[name])
        assert (service.protocol, service.product, service.version) == (
            "a2s",
            "Counter-Strike server",
            "1.0.0.70",
        )
        assert (service.os, service.info) == ("Linux", "Counter-Strike: Source")
        assert (service.detail["players"], service.detail["max"]) == (5, 16)


def test_a_challenge_alone_is_less_sure() -> None:
    assert play(PROTOCOL, SCRIPTS["a challenge alone"]).confidence == 0.8


def test_looks() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None
    assert (looks_untrusted(FACTS), looks_untrusted(CHALLENGE + b"abcd"), looks_untrusted(INFO)) == (
        0.95,
        0.8,
        0,
    )


@given(damaged(FACTS))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        info_untrusted(data)
