"""NSQ: the response of the protocol's specification to IDENTIFY."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.nsq import PROTOCOL, QUESTION, features_untrusted


def frame(kind: int, body: bytes) -> bytes:
    return struct.pack("!II", len(body) + 4, kind) + body


FEATURES = b'{"max_rdy_count":2500,"version":"1.2.1","tls_v1":false,"deflate":true,"auth_required":false}'
SCRIPTS: dict[str, list[Line]] = {
    "nsqd by the specification": [(">", QUESTION), ("<", frame(0, FEATURES))],
    "an error": [(">", QUESTION), ("<", frame(1, b'{"max_rdy_count":1}'))],
    "no NSQ": [(">", QUESTION), ("<", frame(0, b"OK"))],
}


def test_nsqd() -> None:
    service = play(PROTOCOL, SCRIPTS["nsqd by the specification"])
    assert (service.protocol, service.product, service.version) == ("nsq", "nsqd", "1.2.1")


def test_what_is_no_nsq_is_not_known() -> None:
    for name in ("an error", "no NSQ"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, features_untrusted)
    survive(frame(0, data), features_untrusted)
