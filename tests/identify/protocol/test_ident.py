"""Ident, by what oidentd 2.5.0 of Debian 12 says on the loopback, and by examples of RFC 1413."""

from tests.identify.script import Line, play

from periplus.identify.protocol.ident import PROTOCOL, looks_untrusted

ASKED = b"4711 , 1\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "oidentd": [(">", ASKED), ("<", b"4711,1:ERROR:NO-USER\r\n")],
    "one that names whom it likes": [(">", ASKED), ("<", b"4711, 1 : USERID : UNIX :nobody\r\n")],
    "another pair": [(">", ASKED), ("<", b"0, 0 : ERROR : UNKNOWN-ERROR\r\n")],
}


def test_servers() -> None:
    service = play(PROTOCOL, SCRIPTS["oidentd"])
    assert (service.protocol, service.confidence, service.detail["says"]) == ("ident", 0.97, "NO-USER")
    assert play(PROTOCOL, SCRIPTS["one that names whom it likes"]).info == "names a user whatever is asked"
    assert play(PROTOCOL, SCRIPTS["another pair"]).confidence == 0.85


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, [(">", ASKED), ("<", ASKED)]).protocol is None
    assert looks_untrusted(b"80,23:ERROR:INVALID-PORT") == 0.95
    assert looks_untrusted(ASKED) == 0
