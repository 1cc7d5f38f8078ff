"""Status lines and fields: examples of RFC 2326 and RFC 3261."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import BadReply
from periplus.identify.messages import head_untrusted

OPTIONS = (
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, SETUP\r\nPublic: PLAY\r\n\r\nServer: behind the end\r\n"
)
FOLDED = b"SIP/2.0 404 Not Found\r\nTo : <sip:a@b>;\r\n  tag=1\r\nno field\r\n"


def test_fields_that_come_again_are_joined() -> None:
    head = head_untrusted(OPTIONS)
    assert (head.protocol, head.version, head.status, head.reason) == ("RTSP", "1.0", 200, "OK")
    assert head.fields == {"cseq": "1", "public": "DESCRIBE, SETUP, PLAY"}


def test_folded_lines_are_one() -> None:
    assert head_untrusted(FOLDED).fields == {"to": "<sip:a@b>; tag=1"}


@pytest.mark.parametrize(
    "data", [b"", b"200 OK\r\n", b"OPTIONS * RTSP/1.0\r\n", b"RTSP/1.0 20\r\n", b"RTSP/1.0 200 OK"]
)
def test_what_has_no_status_line(data: bytes) -> None:
    with pytest.raises(BadReply):
        head_untrusted(data)


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes(data: bytes, begun: bool) -> None:
    with suppress(BadReply):
        head_untrusted(b"SIP/2.0 200 OK\r\n" + data if begun else data)
