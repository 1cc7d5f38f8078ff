"""MGCP: a response by RFC 3435 section 3.3; osmo-mgw of Debian 12."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.mgcp import PROTOCOL, QUESTION, response_untrusted

UNKNOWN = b"500 50657269 The endpoint is unknown\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "a gateway": [(">", QUESTION.data), ("<", UNKNOWN)],
    "osmo-mgw of Debian 12": [(">", QUESTION.data), ("<", b"500 50657269 FAIL\r\n")],
    "another transaction": [(">", QUESTION.data), ("<", b"500 1 no\r\n")],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_gateway() -> None:
    service = play(PROTOCOL, SCRIPTS["a gateway"])
    assert (service.protocol, service.detail) == ("mgcp", {"code": 500, "comment": "The endpoint is unknown"})
    assert play(PROTOCOL, SCRIPTS["osmo-mgw of Debian 12"]).detail == {"code": 500, "comment": "FAIL"}
    assert play(PROTOCOL, SCRIPTS["another transaction"]).protocol is None


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(UNKNOWN))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        response_untrusted(data)
