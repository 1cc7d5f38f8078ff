"""NDMP: messages laid out by its version 4."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.ndmp import PROTOCOL, host_untrusted, message, notice_untrusted


def text(value: bytes) -> bytes:
    return struct.pack("!I", len(value)) + value + bytes(-len(value) % 4)


def record(kind: int, code: int, body: bytes) -> bytes:
    content = struct.pack("!6I", 1, 0, kind, code, 0, 0) + body
    return struct.pack("!I", 1 << 31 | len(content)) + content


NOTICE = record(0, 0x502, struct.pack("!II", 0, 4) + text(b"Connected"))
OPENED = record(1, 0x900, bytes(4))
HOST = record(
    1, 0x100, bytes(4) + text(b"filer") + text(b"NetApp") + text(b"NetApp Release 9.8") + text(b"0123")
)
SCRIPTS: dict[str, list[Line]] = {
    "a filer": [
        ("<", NOTICE),
        (">", message(1, 0x900, struct.pack("!I", 4))),
        ("<", OPENED),
        (">", message(2, 0x100)),
        ("<", HOST),
        (">", message(3, 0x902)),
    ],
    "one that wants a login": [
        ("<", NOTICE),
        (">", None),
        ("<", OPENED),
        (">", None),
        ("<", record(1, 0x100, struct.pack("!I", 4))),
        (">", None),
    ],
    "refused": [("<", record(0, 0x502, struct.pack("!II", 2, 4) + text(b"busy")))],
    "no NDMP": [("<", record(1, 0x502, bytes(16)))],
}


def test_a_filer() -> None:
    service = play(PROTOCOL, SCRIPTS["a filer"])
    assert (service.protocol, service.hostname, service.product) == ("ndmp", "filer", "NetApp")
    assert service.os == "NetApp NetApp Release 9.8"


def test_a_login_is_wanted() -> None:
    service = play(PROTOCOL, SCRIPTS["one that wants a login"])
    assert (service.protocol, service.hostname) == ("ndmp", None)
    assert play(PROTOCOL, SCRIPTS["refused"]).detail["status"] == "refused"


def test_what_is_no_ndmp_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no NDMP"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, notice_untrusted, host_untrusted)
    survive(NOTICE[4:24] + data, notice_untrusted)
    survive(HOST[4:32] + data, host_untrusted)
