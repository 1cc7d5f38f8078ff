"""Gopher, by what Gophernicus 3.1.1 of Debian 12 says on the loopback, and by the example of RFC 1436."""

import pytest
from tests.identify.script import Line, play

from periplus.identify.protocol.gopher import PROTOCOL, looks_untrusted

ASKED = b"\r\n"
MENU = (
    b"i[/]\tTITLE\tnull.host\t1\r\n1svn\t/svn/\tlocalhost\t70\r\n"
    b"i                 Gophered by Gophernicus/3.1.1 on Debian/12 x86_64\t\tnull.host\t1\r\n.\r\n"
)
SCRIPTS: dict[str, list[Line]] = {
    "Gophernicus": [(">", ASKED), ("<", MENU)],
    "as in RFC 1436": [
        (">", ASKED),
        ("<", b"0About internet Gopher\tStuff:About us\trawBits.micro.umn.edu\t70\r\n"),
        ("end", b"closed"),
    ],
}


def test_menus() -> None:
    service = play(PROTOCOL, SCRIPTS["Gophernicus"])
    assert (service.protocol, service.confidence) == ("gopher", 0.95)
    assert service.detail["menu"] == [
        "[/]",
        "svn",
        " " * 17 + "Gophered by Gophernicus/3.1.1 on Debian/12 x86_64",
    ]
    assert play(PROTOCOL, SCRIPTS["as in RFC 1436"]).detail["menu"] == ["About internet Gopher"]


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n", b"\r\n", b"a\tb\tc\r\n"])
def test_what_is_none(said: bytes) -> None:
    assert play(PROTOCOL, [(">", ASKED), ("<", said)]).protocol is None
    assert looks_untrusted(said) == 0
    assert looks_untrusted(MENU) == 0.9
