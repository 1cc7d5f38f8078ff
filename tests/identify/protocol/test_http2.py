"""HTTP/2, by what nginx-light, nghttp2-server and python3-grpcio of Debian 12 say on the loopback."""

import struct

from tests.identify.script import Line, play

from periplus.identify.http.two import GO_AWAY
from periplus.identify.protocol.http2 import PROTOCOL, looks_untrusted

NGINX = bytes.fromhex("000012040000000000 000300000080 000400010000 000500ffffff 000004080000000000 7fff0000")
EMPTY = bytes.fromhex("000000040000000000")
ACK = bytes.fromhex("000000040100000000")
GRPC = bytes.fromhex(
    "000018040000000000 0004003fffff 0005003fffff 000600002000 fe0300000001 000004080000000000 003f0000"
)
GRPC_ANSWER = bytes.fromhex(
    "00005b010500000001 00073a737461747573 03323030 000c636f6e74656e742d74797065 106170706c69636174696f6e2f67727063"
    "000b677270632d737461747573 0132 000c677270632d6d657373616765 11426164206d6574686f6420686561646572"
    "000004030000000001 00000000"
)
SERVER, TYPE = b"\x0f\x27", b"\x0f\x10"  # of the static table (RFC 7541 appendix A)


def answer(stream: int, status: bytes, body: bytes, server: bytes = b"nginx/1.22.1") -> bytes:
    """Headers without indexing (RFC 7541 section 6.2.2), and a body."""
    block = b"\x08\x03" + status + SERVER + bytes([len(server)]) + server + TYPE + b"\x09text/html"
    return b"".join(
        len(data).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + data
        for kind, flags, data in ((1, 4, block), (0, 1, body))
    )


SAY: Line = (">", None)
SCRIPTS: dict[str, list[Line]] = {
    "nginx": [
        SAY,
        ("<", NGINX + ACK),
        SAY,
        ("<", answer(1, b"403", b"<title>403 Forbidden</title>")),
        SAY,
        ("<", answer(3, b"404", b"<html>")),
        (">", GO_AWAY),
    ],
    "grpcio": [SAY, ("<", GRPC), SAY, ("<", ACK + GRPC_ANSWER), (">", GO_AWAY)],
    "no answer": [SAY, ("<", EMPTY), SAY, ("end", b"closed")],
    "HTTP/1.1": [SAY, ("<", b"HTTP/1.1 400 Bad Request\r\n\r\n")],
    "a frame of another kind": [SAY, ("<", b"\0\0\x08\7\0\0\0\0\0" + bytes(8))],
    "too long": [SAY, ("<", b"\xff\xff\xfc\4\0\0\0\0\0")],
}


def test_nginx() -> None:
    service = play(PROTOCOL, SCRIPTS["nginx"])
    assert (service.protocol, service.confidence) == ("http2", 0.97)
    assert (service.product, service.version) == ("nginx", "1.22.1")
    assert (service.detail["status"], service.detail["title"]) == (403, "403 Forbidden")
    assert service.detail["http2"] == {
        "settings": {"max_concurrent_streams": 128, "initial_window_size": 65536, "max_frame_size": 16777215},
        "order": "3:128;4:65536;5:16777215",
    }


def test_grpc_is_told_by_its_answer_and_left_alone() -> None:
    service = play(PROTOCOL, SCRIPTS["grpcio"])
    assert (service.protocol, service.info, service.product) == ("http2", "gRPC", None)


def test_settings_alone_are_less_sure() -> None:
    service = play(PROTOCOL, SCRIPTS["no answer"])
    assert (service.protocol, service.confidence) == ("http2", 0.65)
    assert service.detail["http2"] == {"settings": {}, "order": ""}


def test_what_is_no_http_2_is_not_known() -> None:
    for name in ("HTTP/1.1", "a frame of another kind", "too long"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


def test_what_looks_like_http_2() -> None:
    assert looks_untrusted(NGINX) == 0.9
    assert looks_untrusted(EMPTY) == 0.5
    assert looks_untrusted(NGINX[:12]) == 0 == looks_untrusted(b"HTTP/1.1 200 OK\r\n\r\n")
    assert looks_untrusted(b"\0\0\6\4\0\0\0\0\0" + struct.pack("!HI", 999, 1)) == 0.5
