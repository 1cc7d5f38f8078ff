"""MPD, by what mpd 0.23.12 of Debian 12 says on the loopback, its commands cut down to two."""

from tests.identify.script import Line, play

from periplus.identify.protocol.mpd import PROTOCOL, looks_untrusted

ASKED = b"commands\n"
SCRIPTS: dict[str, list[Line]] = {
    "mpd": [
        ("<", b"OK MPD 0.23.5\n"),
        (">", ASKED),
        ("<", b"command: add\ncommand: close\nOK\n"),
        (">", b"close\n"),
    ]
}


def test_mpd() -> None:
    service = play(PROTOCOL, SCRIPTS["mpd"])
    assert (service.protocol, service.detail["protocol"]) == ("mpd", "0.23.5")
    assert service.detail["commands_without_password"] == 2


def test_what_is_none() -> None:
    assert play(PROTOCOL, [("<", b"OK\n")]).protocol is None
    assert (looks_untrusted(b"OK MPD 0.23.5"), looks_untrusted(b"OK")) == (0.99, 0)
