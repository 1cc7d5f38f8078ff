"""VNC: what Xtigervnc of Debian 12 answers on the loopback, and versions by RFC 6143."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.identify.protocol.vnc import NEW, OLD, PROTOCOL, types_untrusted

BLOCKED = b"Too many security failures"
SCRIPTS: dict[str, list[Line]] = {
    "Xtigervnc of Debian 12": [
        ("<", b"RFB 003.008\n"),
        (">", b"RFB 003.008\n"),
        ("<", b"\x03\x13\x01\x02"),
    ],
    "a password alone": [
        ("<", b"RFB 003.008\n"),
        (">", b"RFB 003.008\n"),
        ("<", b"\x01\x02"),
    ],
    "version 3.3": [("<", OLD), (">", OLD), ("<", b"\0\0\0\2" + bytes(16))],
    "version 3.3 refuses": [("<", OLD), (">", OLD), ("<", bytes(4) + b"\0\0\0\4none")],
    "blocked": [("<", NEW), (">", NEW), ("<", b"\0" + len(BLOCKED).to_bytes(4, "big") + BLOCKED)],
    "Apple's": [("<", b"RFB 003.889\n"), (">", NEW), ("<", b"\4\x1e\x21\x24\x23")],
    "no VNC": [("<", b"RFB 3.8 hello\n")],
}


def test_security() -> None:
    service = play(PROTOCOL, SCRIPTS["Xtigervnc of Debian 12"])
    assert (service.protocol, service.detail["protocol"]) == ("rfb", "3.8")
    assert service.detail["security"] == ["VeNCrypt", "none", "VNC password"]
    assert play(PROTOCOL, SCRIPTS["a password alone"]).info == "security: VNC password"
    assert play(PROTOCOL, SCRIPTS["version 3.3"]).detail["security"] == ["VNC password"]


def test_refusals() -> None:
    assert play(PROTOCOL, SCRIPTS["blocked"]).info == BLOCKED.decode()
    assert play(PROTOCOL, SCRIPTS["version 3.3 refuses"]).info == "none"


def test_apple() -> None:
    service = play(PROTOCOL, SCRIPTS["Apple's"])
    assert (service.product, service.os) == ("Apple Remote Desktop", "macOS")


def test_what_is_no_vnc_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no VNC"]).protocol is None


@given(st.binary(max_size=40))
def test_any_types(data: bytes) -> None:
    assert len(types_untrusted(data)) == len(data)
