"""Niagara Fox: a station's hello, with the fields that stations say."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.fox import HELLO, PROTOCOL, hello_untrusted, looks_untrusted

ANSWER = (
    b"fox a 0 -1 fox hello\n{\nfox.version=s:1.0.1\nid=i:1\nhostName=s:198.18.0.1\nhostAddress=s:198.18.0.1\n"
    b"app.name=s:Station\napp.version=s:3.8.38.5\nvm.name=s:Java HotSpot\nos.name=s:QNX\nos.version=s:6.4.1\n"
    b"brandId=s:vykon\n};;\n"
)
SCRIPTS: dict[str, list[Line]] = {
    "a station": [(">", HELLO), ("<", ANSWER)],
    "somebody else": [(">", HELLO), ("<", b"HTTP/1.1 400 Bad Request\r\n};;")],
}


def test_a_station() -> None:
    service = play(PROTOCOL, SCRIPTS["a station"])
    assert (service.protocol, service.product, service.version) == ("niagara-fox", "Niagara", "3.8.38.5")
    assert (service.os, service.info, service.hostname) == ("QNX 6.4.1", "vykon", "198.18.0.1")


def test_somebody_else() -> None:
    assert play(PROTOCOL, SCRIPTS["somebody else"]).protocol is None
    assert (looks_untrusted(ANSWER), looks_untrusted(b"fox")) == (0.97, 0)


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        hello_untrusted(data)
