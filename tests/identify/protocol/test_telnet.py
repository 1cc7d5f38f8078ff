"""Telnet, by what telnetd of Debian 12 (inetutils 2.4) says on the loopback, and by prompts."""

import pytest
from tests.identify.script import Line, play

from periplus.identify.protocol.telnet import MOST_COMMANDS, PROTOCOL, looks_untrusted

FIRST = b"\xff\xfb%\xff\xfb&\xff\xfd\x18\xff\xfd \xff\xfd#\xff\xfd'\xff\xfd$"
REFUSED = [
    b"\xff\xfe%",
    b"\xff\xfe&",
    b"\xff\xfc\x18",
    b"\xff\xfc ",
    b"\xff\xfc#",
    b"\xff\xfc'",
    b"\xff\xfc$",
]
SECOND = b"\xff\xfb\x03\xff\xfd\x1f\r\nLinux 6.1.0-18-amd64 (localhost) (pts/0)\r\n\r\nvm login: \xff\xfb\x03"
SCRIPTS: dict[str, list[Line]] = {
    "telnetd": [
        ("<", FIRST),
        *((">", each) for each in REFUSED),
        ("<", SECOND),
        (">", b"\xff\xfe\x03"),
        (">", b"\xff\xfc\x1f"),
    ],
    "a subnegotiation and a doubled IAC": [
        ("<", b"\xff\xfd\x18\xff\xfa\x18\1\xff\xf0\xff\xffhello\xff\xf9"),
        (">", b"\xff\xfc\x18"),
        ("end", b"silent"),
    ],
    "a prompt alone": [("<", b"\r\nUser Access Verification\r\n\r\nUsername: ")],
}


def test_telnetd() -> None:
    service = play(PROTOCOL, SCRIPTS["telnetd"])
    assert (service.protocol, service.confidence) == ("telnet", 0.95)
    assert service.detail["banner"] == "Linux 6.1.0-18-amd64 (localhost) (pts/0)\n\nvm login:"
    assert service.os == "Linux 6.1.0-18-amd64"
    assert service.detail["will"] == ["authentication", "encrypt", "suppress-go-ahead"]
    assert service.detail["do"] == [
        "terminal-type", "terminal-speed", "x-display-location", "new-environ", "environ", "window-size",
    ]  # fmt: skip


def test_what_is_no_text_is_passed_over() -> None:
    assert play(PROTOCOL, SCRIPTS["a subnegotiation and a doubled IAC"]).detail["banner"] == "\ufffdhello"


def test_a_prompt_is_weak_evidence() -> None:
    service = play(PROTOCOL, SCRIPTS["a prompt alone"])
    assert (service.confidence, service.why) == (0.5, "prompts for a name")


def test_no_loop_begins() -> None:
    again = b"\xff\xfd\x18" * 50 + b"\xff\xfe\x18" * 50
    assert play(PROTOCOL, [("<", again), (">", b"\xff\xfc\x18"), ("end", b"closed")]).detail["do"] == [
        "terminal-type"
    ]


def test_each_option_is_refused_at_most_once_and_not_without_end() -> None:
    every = b"".join(b"\xff\xfd" + bytes([each]) for each in range(255))
    script: list[Line] = [("<", every), *((">", None) for _ in range(MOST_COMMANDS))]
    assert play(PROTOCOL, script).protocol == "telnet"


@pytest.mark.parametrize("data", [b"hello\r\n", b"\xff\xfe\x01", b"\xff\xff\xff\xff"])
def test_what_is_none(data: bytes) -> None:
    assert play(PROTOCOL, [("<", data), ("end", b"closed")]).protocol is None


def test_looks() -> None:
    assert looks_untrusted(b"\xff\xfd\x18") == 0.95
    assert looks_untrusted(b"\xff\xfd\xf0") == looks_untrusted(b"\xff\xd8\xff") == 0
    assert looks_untrusted(b"Welcome\r\nlogin: ") == 0.4
