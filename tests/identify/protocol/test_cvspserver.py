"""CVS, by what cvs 1.12.13 of Debian 12 says in a network namespace."""

from tests.identify.script import Line, play

from periplus.identify.protocol.cvspserver import PROTOCOL, looks_untrusted

ASKED = b"periplus\n"
SAID = b"cvs [pserver aborted]: bad auth protocol start: periplus\n"
SCRIPTS: dict[str, list[Line]] = {"cvs": [(">", ASKED), ("<", SAID)]}


def test_cvs() -> None:
    service = play(PROTOCOL, SCRIPTS["cvs"])
    assert (service.protocol, service.confidence) == ("cvspserver", 0.97)


def test_what_is_none() -> None:
    assert play(PROTOCOL, [(">", ASKED), ("<", ASKED)]).protocol is None
    assert (looks_untrusted(SAID), looks_untrusted(ASKED)) == (0.9, 0)
