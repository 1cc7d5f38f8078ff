"""GTP and PFCP: responses by 3GPP TS 29.060, 29.274 and 29.244; osmo-ggsn of Debian 12."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.gtp import (
    ECHOES,
    HEARTBEAT,
    PROTOCOLS,
    heartbeat_untrusted,
    version_1_untrusted,
    version_2_untrusted,
)

PROTOCOL, PROTOCOL_PFCP = PROTOCOLS
ONE, TWO = (each.data for each in ECHOES)
ECHO_1 = bytes.fromhex("3202000600000000506500000e07")
ECHO_2 = bytes.fromhex("400200090050650003000100 07".replace(" ", ""))
BEAT = bytes.fromhex("2002000c00000100 00600004e8a4d280".replace(" ", ""))
SCRIPTS: dict[str, list[Line]] = {
    "both versions": [(">", ONE), ("<", ECHO_1), (">", TWO), ("<", ECHO_2)],
    "osmo-ggsn of Debian 12, which has version 1": [
        (">", ONE),
        ("<", bytes.fromhex("3202000600000000506500000e01")),
        (">", TWO),
    ],
    "echoes": [(">", ONE), ("<", ONE), (">", TWO), ("<", TWO)],
}
PFCP: dict[str, list[Line]] = {
    "a user plane": [(">", HEARTBEAT.data), ("<", BEAT)],
    "an echo": [(">", HEARTBEAT.data), ("<", HEARTBEAT.data)],
}
MORE_SCRIPTS = ((PROTOCOL_PFCP, PFCP),)


def test_both_versions() -> None:
    service = play(PROTOCOL, SCRIPTS["both versions"])
    assert service.protocol == "gtp"
    assert service.detail == {"version_1": True, "restarts": 7, "version_2": True}
    assert play(PROTOCOL, SCRIPTS["echoes"]).protocol is None


def test_osmo_ggsn() -> None:
    service = play(PROTOCOL, SCRIPTS["osmo-ggsn of Debian 12, which has version 1"])
    assert service.detail == {"version_1": True, "restarts": 1}


def test_pfcp() -> None:
    service = play(PROTOCOL_PFCP, PFCP["a user plane"])
    assert service.detail == {"started_unix": 0xE8A4D280 - 2_208_988_800}
    assert play(PROTOCOL_PFCP, PFCP["an echo"]).protocol is None


@given(damaged(ECHO_1, ECHO_2, BEAT))
def test_any_bytes(data: bytes) -> None:
    for parse in (version_1_untrusted, version_2_untrusted, heartbeat_untrusted):
        with suppress(BadReply):
            parse(data)
