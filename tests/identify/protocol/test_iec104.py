"""IEC 60870-5-104: the confirmation of the link's test, section 5.2, and by c104 2.2.1 (lib60870)."""

from tests.identify.script import Line, play

from periplus.identify.protocol.iec104 import CONFIRMED, PROTOCOL, TEST, looks_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "a station": [(">", TEST), ("<", CONFIRMED)],
    "c104 2.2.1": [(">", TEST), ("<", bytes.fromhex("680483000000"))],
    "an echo": [(">", TEST), ("<", TEST)],
}


def test_a_station() -> None:
    assert play(PROTOCOL, SCRIPTS["a station"]).protocol == "iec-104"
    assert play(PROTOCOL, SCRIPTS["c104 2.2.1"]).protocol == "iec-104"
    assert (looks_untrusted(CONFIRMED), looks_untrusted(TEST)) == (0.93, 0)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None
