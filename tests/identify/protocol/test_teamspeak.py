"""TeamSpeak 3: the second step of its handshake, and the greeting of its query interface, by its manuals."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.teamspeak import PROTOCOLS, QUESTION, looks_untrusted, step_untrusted

PROTOCOL, PROTOCOL_QUERY = PROTOCOLS
STEP = b"TS3INIT1\0\x65\x88\1" + bytes(range(16)) + bytes.fromhex("73756c70")
GREETING = b'TS3\n\rWelcome to the TeamSpeak 3 ServerQuery interface, type "help" for a list of commands.\n\r'
SCRIPTS: dict[str, list[Line]] = {
    "a server": [(">", QUESTION.data), ("<", STEP)],
    "another chance": [(">", QUESTION.data), ("<", STEP[:-1] + b"x")],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
QUERY: dict[str, list[Line]] = {
    "a server": [("<", GREETING), (">", b"quit\n")],
    "somebody else": [("<", b"TS3\n\rhello\n\r")],
}
MORE_SCRIPTS = ((PROTOCOL_QUERY, QUERY),)


def test_voice() -> None:
    service = play(PROTOCOL, SCRIPTS["a server"])
    assert (service.protocol, service.product) == ("teamspeak", "TeamSpeak")
    assert play(PROTOCOL, SCRIPTS["another chance"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


def test_query() -> None:
    service = play(PROTOCOL_QUERY, QUERY["a server"])
    assert (service.protocol, service.product) == ("teamspeak-query", "TeamSpeak")
    assert play(PROTOCOL_QUERY, QUERY["somebody else"]).protocol is None
    assert (
        looks_untrusted(GREETING),
        looks_untrusted(b"TS3\n"),
        looks_untrusted(b"TS"),
    ) == (0.97, 0.6, 0)


@given(damaged(STEP))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        step_untrusted(data)
