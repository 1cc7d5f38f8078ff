"""HTTP/2 in plain text, by what nginx of Debian 12 says on the loopback."""

import struct
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.http2 import PREFACE, PROTOCOL, looks_untrusted, settings_untrusted

NGINX = bytes.fromhex("000012040000000000 000300000080 000400010000 000500ffffff 000004080000000000 7fff0000")
EMPTY = bytes.fromhex("000000040000000000")
SCRIPTS: dict[str, list[Line]] = {
    "nginx": [(">", PREFACE), ("<", NGINX), (">", None)],
    "no settings": [(">", PREFACE), ("<", EMPTY), (">", None)],
    "HTTP/1.1": [(">", PREFACE), ("<", b"HTTP/1.1 400 Bad Request\r\n\r\n")],
    "a frame of another kind": [(">", PREFACE), ("<", b"\0\0\x08\7\0\0\0\0\0" + bytes(8))],
    "too long": [(">", PREFACE), ("<", b"\xff\xff\xfc\4\0\0\0\0\0")],
}


def test_nginx() -> None:
    service = play(PROTOCOL, SCRIPTS["nginx"])
    assert (service.protocol, service.confidence) == ("http2", 0.65)
    assert service.detail == {
        "settings": {"max_concurrent_streams": 128, "initial_window_size": 65536, "max_frame_size": 16777215},
        "order": "3:128;4:65536;5:16777215",
    }


def test_a_server_without_settings_of_its_own() -> None:
    assert play(PROTOCOL, SCRIPTS["no settings"]).detail == {"settings": {}, "order": ""}


def test_what_is_no_http_2_is_not_known() -> None:
    for name in ("HTTP/1.1", "a frame of another kind", "too long"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


def test_what_looks_like_http_2() -> None:
    assert looks_untrusted(NGINX) == 0.9
    assert looks_untrusted(EMPTY) == 0.5
    assert looks_untrusted(NGINX[:12]) == 0 == looks_untrusted(b"HTTP/1.1 200 OK\r\n\r\n")
    assert looks_untrusted(b"\0\0\6\4\0\0\0\0\0" + struct.pack("!HI", 999, 1)) == 0.5


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        assert len(str(settings_untrusted(data)["order"]).split(";")) in (len(data) // 6, 1)
