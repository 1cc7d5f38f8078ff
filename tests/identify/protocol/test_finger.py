"""Finger, by what in.fingerd of Debian 12 (fingerd 0.17) says on the loopback, and by an example of RFC 1288."""

from tests.identify.script import Line, play

from periplus.identify.protocol.finger import PROTOCOL, looks_untrusted

ASKED = b"\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "in.fingerd -w": [
        (">", ASKED),
        (
            "<",
            (
                b"\r\nWelcome to Linux version 6.1.0-18-amd64 at vm !\r\n\n 23:14:12 up  7:09,\n"
                b"\r\nNo one logged on.\r\n"
            ),
        ),
        ("end", b"closed"),
    ],
    "a list": [
        (">", ASKED),
        (
            "<",
            (
                b"Login       Name               TTY         Idle    When    Office\r\n"
                b"rinehart Mark J. Rinehart  p0          1:11    Mon 12:15"
            ),
        ),
        ("end", b"closed"),
    ],
}


def test_a_welcome() -> None:
    service = play(PROTOCOL, SCRIPTS["in.fingerd -w"])
    assert (service.protocol, service.confidence) == ("finger", 0.8)
    assert service.detail["head"] == "Welcome to Linux version 6.1.0-18-amd64 at vm !"


def test_of_a_list_no_names_are_kept() -> None:
    detail = play(PROTOCOL, SCRIPTS["a list"]).detail
    assert detail["lines"] == 1
    assert "rinehart" not in str(detail)


def test_other_text_is_none() -> None:
    assert (
        play(PROTOCOL, [(">", ASKED), ("<", b"HTTP/1.1 400 Bad Request\r\n"), ("end", b"closed")]).protocol
        is None
    )
    assert looks_untrusted(b"Login    Name") == 0.6
    assert looks_untrusted(b"login: ") == 0
