"""JDWP, by what Java 17 says on the loopback."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.jdwp import HELLO, PROTOCOL, VERSION, looks_untrusted, version_untrusted

ABOUT = b"Java Debug Wire Protocol (Reference Implementation) version 17.0"
BODY = (
    len(ABOUT).to_bytes(4, "big")
    + ABOUT
    + b"\0\0\0\x11\0\0\0\0\0\0\0\x0917.0.21.1\0\0\0\x18OpenJDK 64-Bit Server VM"
)
REPLY = (11 + len(BODY)).to_bytes(4, "big") + b"\0\0\x12\x67\x80\0\0" + BODY
EVENT = b"\0\0\0\x0d\0\0\0\1\0\x40\x64\2\0"
SCRIPTS: dict[str, list[Line]] = {
    "Java 17": [(">", HELLO), ("<", HELLO), (">", VERSION), ("<", EVENT + REPLY)],
    "a handshake alone": [(">", HELLO), ("<", HELLO), (">", VERSION)],
}


def test_java() -> None:
    service = play(PROTOCOL, SCRIPTS["Java 17"])
    assert (service.protocol, service.confidence, service.version) == ("jdwp", 0.98, "17.0.21.1")
    assert service.detail["vm_name"] == "OpenJDK 64-Bit Server VM"


def test_a_handshake_alone_is_weak_evidence() -> None:
    assert play(PROTOCOL, SCRIPTS["a handshake alone"]).confidence == 0.5


@pytest.mark.parametrize(
    "said", [HELLO + VERSION, HELLO + bytes(11), HELLO + REPLY[:8] + b"\x80\0\x67" + BODY]
)
def test_an_echo_and_an_error_are_no_more(said: bytes) -> None:
    assert play(PROTOCOL, [(">", HELLO), ("<", said), (">", VERSION), ("end", b"closed")]).confidence == 0.5
    assert looks_untrusted(said) == 0.4
    assert play(PROTOCOL, [(">", HELLO), ("<", b"HTTP/1.1 400 Bad Request")]).protocol is None


@given(st.binary(max_size=60))
def test_any_version(body: bytes) -> None:
    with suppress(BadReply):
        version_untrusted(body)
