"""AJP 1.3, by what Tomcat 10.1 of Debian 12 says on the loopback."""

from tests.identify.script import Line, play

from periplus.identify.protocol.ajp13 import CPING, CPONG, PROTOCOL, looks_untrusted

SCRIPTS: dict[str, list[Line]] = {"Tomcat": [(">", CPING), ("<", b"\x41\x42\x00\x01\x09")]}


def test_tomcat() -> None:
    service = play(PROTOCOL, SCRIPTS["Tomcat"])
    assert (service.protocol, service.confidence) == ("ajp13", 0.98)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, [(">", CPING), ("<", CPING)]).protocol is None
    assert (looks_untrusted(CPONG), looks_untrusted(CPING)) == (0.9, 0)
