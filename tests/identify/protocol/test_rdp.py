"""RDP: what xrdp and freerdp2-shadow-x11 of Debian 12 answer on the loopback; confirms by MS-RDPBCGR section 4.1."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.model import Protocol
from periplus.identify.protocol.rdp import (
    CREDSSP,
    PLAIN,
    PROTOCOL,
    TLS,
    confirm_untrusted,
    looks_untrusted,
    question,
)

BARE = bytes.fromhex("0300000b06d00000123400")
NOT_ALLOWED = bytes.fromhex("030000130ed000001234000300080002000000")
SIZED = bytes.fromhex("0300000e09d00000000100c0010a")
SCRIPTS: dict[str, list[Line]] = {
    "xrdp of Debian 12": [
        (">", bytes.fromhex("030000130ee000000000000100080000000000")),
        ("<", bytes.fromhex("030000130ed000001234000201080000000000")),
        ("afresh", b""),
        (">", question(TLS)),
        ("<", bytes.fromhex("030000130ed000001234000201080001000000")),
        ("afresh", b""),
        (">", bytes.fromhex("030000130ee000000000000100080003000000")),
        ("<", bytes.fromhex("030000130ed000001234000201080001000000")),
        ("tls", b""),
    ],
    "freerdp2-shadow-x11 of Debian 12, CredSSP alone": [
        (">", bytes.fromhex("030000130ee000000000000100080000000000")),
        ("<", bytes.fromhex("030000130ed000000000000300080005000000")),
        ("afresh", b""),
        (">", question(TLS)),
        ("<", bytes.fromhex("030000130ed000000000000300080005000000")),
        ("afresh", b""),
        (">", bytes.fromhex("030000130ee000000000000100080003000000")),
        ("<", bytes.fromhex("030000130ed000000000000203080002000000")),
        ("tls", b""),
        (">", None),
        (
            "<",
            bytes.fromhex(
                "30819fa003020106a17430723070a06e046c4e544c4d53535000020000000400040038000000058288a29e24"
                "c4db3d09711a0000000000000000300030003c0000000601b11d0000000f56004d000200040056004d000100"
                "040056004d000400040076006d000300040076006d00070008008028c4ec357ddd0100000000a5220420e83d"
                "02ec8b44e565bb6e44c847aa3e5a1025c70d3a78ac01899a94f6b667a615"
            ),
        ),
    ],
    "no negotiation": [
        (">", question(PLAIN)),
        ("<", BARE),
        ("afresh", b""),
        (">", question(TLS | CREDSSP)),
        ("<", BARE),
    ],
    "no TLS": [(">", question(PLAIN)), ("<", BARE), ("afresh", b""), (">", None), ("<", NOT_ALLOWED)],
    "python-snap7 3.3.0, which is S7 and states the size of packets": [
        (">", question(PLAIN)),
        ("<", SIZED),
    ],
    "no RDP": [(">", question(PLAIN)), ("<", b"\3\0\0\7\2\xf0\x80")],
}
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (
        PROTOCOL,
        [
            (">", question(TLS | CREDSSP)),
            ("<", bytes.fromhex("030000130ed000001234000201080001000000")),
            ("tls", b""),
        ],
    ),
    (PROTOCOL, [(">", question(TLS | CREDSSP)), ("<", BARE)]),
    (PROTOCOL, [(">", question(TLS | CREDSSP)), ("<", NOT_ALLOWED)]),
]


def test_xrdp() -> None:
    service = play(PROTOCOL, SCRIPTS["xrdp of Debian 12"])
    assert service.protocol == "ms-wbt-server"
    assert service.detail == {"plain": True, "tls_alone": True, "security": "TLS"}


def test_credssp_names_the_host() -> None:
    service = play(PROTOCOL, SCRIPTS["freerdp2-shadow-x11 of Debian 12, CredSSP alone"])
    assert (service.hostname, service.os) == ("vm", None)  # FreeRDP pretends to be Windows 7
    assert service.detail["plain_refused"] == "CredSSP required"
    assert (service.detail["plain"], service.detail["tls_alone"]) == (False, False)
    assert service.detail["ntlm_version"] == "6.1.7601"


def test_old_servers() -> None:
    service = play(PROTOCOL, SCRIPTS["no negotiation"])
    assert (service.protocol, service.confidence) == ("ms-wbt-server", 0.75)
    assert play(PROTOCOL, SCRIPTS["no TLS"]).detail["refused"] == "TLS not allowed"


def test_what_is_no_rdp_is_not_known() -> None:
    assert (
        play(PROTOCOL, SCRIPTS["python-snap7 3.3.0, which is S7 and states the size of packets"]).protocol
        is None
    )
    assert looks_untrusted(SIZED) == 0
    assert play(PROTOCOL, SCRIPTS["no RDP"]).protocol is None


@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    survive(data, confirm_untrusted)
    survive(BARE + data, confirm_untrusted)
