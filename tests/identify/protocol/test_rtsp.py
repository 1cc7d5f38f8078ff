"""RTSP, by the examples of RFC 2326, 10.1, and of RFC 2617 for cameras; GStreamer's server of Debian 12."""

from tests.identify.script import Line, play

from periplus.identify.protocol.rtsp import OPTIONS, PROTOCOL, looks_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "as in RFC 2326": [
        (">", OPTIONS),
        (
            "<",
            b"RTSP/1.0 200 OK\r\nCSeq: 4711\r\nPublic: DESCRIBE, SETUP, TEARDOWN\r\nServer: PhonyServer 1.0\r\n\r\n",
        ),
    ],
    "GStreamer's server of Debian 12 (1.22)": [
        (">", OPTIONS),
        (
            "<",
            (
                b"RTSP/1.0 200 OK\r\nCSeq: 4711\r\nPublic: OPTIONS, DESCRIBE, ANNOUNCE, GET_PARAMETER, PAUSE, PLAY, "
                b"RECORD, SETUP, SET_PARAMETER, TEARDOWN\r\nServer: GStreamer RTSP server\r\n"
                b"Date: Thu, 26 Nov 2026 05:46:16 GMT\r\n\r\n"
            ),
        ),
    ],
    "a password is wanted": [
        (">", OPTIONS),
        ("<", b'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="IP Camera", nonce="1"\r\n\r\n'),
    ],
}


def test_gstreamer() -> None:
    service = play(PROTOCOL, SCRIPTS["GStreamer's server of Debian 12 (1.22)"])
    assert (service.product, service.confidence) == ("GStreamer RTSP server", 0.98)


def test_options() -> None:
    service = play(PROTOCOL, SCRIPTS["as in RFC 2326"])
    assert (service.protocol, service.confidence) == ("rtsp", 0.98)
    assert service.detail["methods"] == ["DESCRIBE", "SETUP", "TEARDOWN"]
    assert service.detail["server"] == "PhonyServer 1.0"


def test_a_realm() -> None:
    service = play(PROTOCOL, SCRIPTS["a password is wanted"])
    assert (service.confidence, service.detail["realm"], service.detail["status"]) == (
        0.9,
        "IP Camera",
        401,
    )


def test_what_is_none() -> None:
    assert play(PROTOCOL, [(">", OPTIONS), ("<", b"HTTP/1.1 400 Bad Request\r\n\r\n")]).protocol is None
    assert play(PROTOCOL, [(">", OPTIONS), ("<", OPTIONS)]).protocol is None
    assert looks_untrusted(b"RTSP/1.0 400 Bad Request") == 0.97
