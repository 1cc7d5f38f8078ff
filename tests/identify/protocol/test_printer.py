"""LPD, by what cups-lpd of Debian 12 says without its scheduler, and by what lpd of the BSDs says."""

from tests.identify.script import Line, play

from periplus.identify.protocol.printer import PROTOCOL, SHORT, looks_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "lpd of BSD": [(">", SHORT), ("<", b"lpd: periplus: unknown printer\n"), ("end", b"closed")],
    "cups-lpd": [
        (">", SHORT),
        ("<", b"Unable to connect to server localhost: Bad file descriptor"),
        ("end", b"closed"),
    ],
}


def test_the_usual_words() -> None:
    service = play(PROTOCOL, SCRIPTS["lpd of BSD"])
    assert (service.protocol, service.confidence) == ("printer", 0.8)


def test_any_text_is_weak_evidence() -> None:
    assert play(PROTOCOL, SCRIPTS["cups-lpd"]).confidence == 0.4


def test_what_is_none() -> None:
    assert play(PROTOCOL, [(">", SHORT), ("end", b"closed")]).protocol is None
    assert play(PROTOCOL, [(">", SHORT), ("<", b"no entries\n"), ("end", b"silent")]).protocol is None
    assert looks_untrusted(b"Your host does not") == 0
    assert looks_untrusted(b"hp: lpd: no such printer") == 0.6
