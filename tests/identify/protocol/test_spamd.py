"""spamd, by what SpamAssassin 4.0.0 of Debian 12 says on the loopback."""

from tests.identify.script import Line, play

from periplus.identify.protocol.spamd import PROTOCOL, looks_untrusted

ASKED = b"PING SPAMC/1.2\r\n\r\n"
SCRIPTS: dict[str, list[Line]] = {"SpamAssassin": [(">", ASKED), ("<", b"SPAMD/1.5 0 PONG\r\n")]}


def test_spamassassin() -> None:
    service = play(PROTOCOL, SCRIPTS["SpamAssassin"])
    assert (service.protocol, service.confidence) == ("spamd", 0.98)
    assert service.detail == {"protocol": "1.5", "code": 0, "says": "PONG"}


def test_what_is_none() -> None:
    assert play(PROTOCOL, [(">", ASKED), ("<", ASKED)]).protocol is None
    assert (looks_untrusted(b"SPAMD/1.0 76 Bad header line"), looks_untrusted(ASKED)) == (0.95, 0)
