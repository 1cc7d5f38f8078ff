"""IRC, by what ngIRCd 26.1 and ZNC 1.8.2 of Debian 12 say on the loopback."""

from tests.identify.script import Line, play

from periplus.identify.protocol.irc import ASKED, PROTOCOL, looks_untrusted

QUIT = b"QUIT\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "ngIRCd": [
        (">", ASKED),
        (
            "<",
            b":irc.example.com CAP * LS :multi-prefix\r\n:irc.example.com 451 * :Connection not registered\r\n",
        ),
        (">", QUIT),
    ],
    "ZNC": [
        (">", ASKED),
        ("<", b":irc.znc.in CAP unknown-nick LS :batch cap-notify echo-message znc.in/batch\r\n"),
        ("end", b"silent"),
        (">", QUIT),
    ],
    "one that pings first": [
        (">", ASKED),
        ("<", b"NOTICE AUTH :*** Looking up your hostname\r\nPING :4711\r\n"),
        (">", b"PONG :4711\r\n"),
        ("<", b":irc.example.net 451 VERSION :Register first.\r\n"),
        (">", QUIT),
    ],
    "full": [
        (">", ASKED),
        ("<", b"ERROR :Closing Link: [198.18.0.1] (Too many connections)\r\n"),
        ("end", b"closed"),
        (">", QUIT),
    ],
}


def test_servers() -> None:
    service = play(PROTOCOL, SCRIPTS["ngIRCd"])
    assert (service.protocol, service.confidence, service.hostname) == ("irc", 0.97, "irc.example.com")
    assert service.detail["capabilities"] == ["multi-prefix"]
    assert play(PROTOCOL, SCRIPTS["ZNC"]).detail["capabilities"] == [
        "batch",
        "cap-notify",
        "echo-message",
        "znc.in/batch",
    ]
    assert play(PROTOCOL, SCRIPTS["one that pings first"]).confidence == 0.95
    assert play(PROTOCOL, SCRIPTS["full"]).confidence == 0.8


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, [(">", ASKED), ("<", ASKED), ("end", b"closed")]).protocol is None


def test_looks() -> None:
    assert looks_untrusted(b":irc.example.net NOTICE * :*** Looking up your hostname...") == 0.9
    assert looks_untrusted(b"ERROR :Closing Link") == 0.9
    assert looks_untrusted(b"ERROR 4711") == 0
