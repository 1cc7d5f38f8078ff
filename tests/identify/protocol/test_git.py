"""Git, by what git-daemon 2.39 of Debian 12 says on the loopback, and by the example in gitprotocol-pack(5)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.git import PROTOCOL, length_untrusted, looks_untrusted

ASKED = b"002egit-upload-pack /periplus\0host=198.18.0.1\0"
REFERENCES = b"7217a7c7e582c46cec22a130adf4b9d7d950fba0 HEAD\0multi_ack side-band agent=git/1.8.1.6\n"
SCRIPTS: dict[str, list[Line]] = {
    "no such repository": [(">", ASKED), ("<", b"0025ERR no such repository: /periplus")],
    "references": [(">", ASKED), ("<", b"%04x%s" % (len(REFERENCES) + 4, REFERENCES)), (">", b"0000")],
}


def test_git() -> None:
    service = play(PROTOCOL, SCRIPTS["no such repository"])
    assert (service.protocol, service.detail["error"]) == ("git", "no such repository: /periplus")
    assert play(PROTOCOL, SCRIPTS["references"]).info == "gives references"


@pytest.mark.parametrize("said", [ASKED, b"0000", b"HTTP/1.1 400", b"0008ok\r\n"])
def test_what_is_none(said: bytes) -> None:
    assert play(PROTOCOL, [(">", ASKED), ("<", said)]).protocol is None
    assert looks_untrusted(said) == 0


@given(st.binary(max_size=5))
def test_any_length(head: bytes) -> None:
    with suppress(BadReply):
        assert 0 < length_untrusted(head) < 65_520
