"""SMB: what samba of Debian 12 answers on the loopback, with version 1 allowed, at once and over NetBIOS."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.damage import damaged
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.smb import (
    PROTOCOLS,
    native_untrusted,
    negotiate_1_untrusted,
    negotiate_2,
    negotiate_2_untrusted,
)

PROTOCOL, OVER_NETBIOS = PROTOCOLS
SAMBA: list[Line] = [
    (">", None),
    (
        "<",
        bytes.fromhex(
            "0000010cfe534d4240000000000000000000010001000000000000000000000000000000fffe000000000000"
            "000000000000000000000000000000000000000000000000410001001103020069646462686f737400000000"
            "0000000007000000000080000000800000008000f2c77bec357ddd01000000000000000080004a00d0000000"
            "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f6465"
            "66696e65645f696e5f5246433431373840706c656173655f69676e6f72650000000000000100260000000000"
            "01002000010032c19b1295f90def0f10aef2a571db9d5608e7a6f1179e1888bced5551cc616f000002000400"
            "0000000001000200"
        ),
    ),
    (">", None),
    (
        "<",
        bytes.fromhex(
            "000000f3fe534d4240000000160000c00100010001000000000000000100000000000000fffe000000000000"
            "4bc158450000000000000000000000000000000000000000090000004800ab00a181a83081a5a0030a0101a1"
            "0c060a2b06010401823702020aa2818f04818c4e544c4d5353500002000000100010003800000005828aa2d9"
            "cba70a2d0087c300000000000000004400440048000000060100000000000f490044004400420048004f0053"
            "00540002001000490044004400420048004f005300540001001000490044004400420048004f005300540004"
            "0000000300040076006d0007000800f0687dec357ddd0100000000"
        ),
    ),
    ("afresh", b""),
    (">", None),
    (
        "<",
        bytes.fromhex(
            "0000009fff534d4272000000008801c8000000000000000000000000ffff0100000001001100000332000100"
            "044100000000010037100000fdf38080207b81ec357ddd010000005a0069646462686f737400000000000000"
            "00604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f64"
            "6566696e65645f696e5f5246433431373840706c656173655f69676e6f7265"
        ),
    ),
    (">", None),
    (
        "<",
        bytes.fromhex(
            "00000128ff534d4273160000c08803c8000000000000000000000000ffff01004eae010004ff0000000000ab"
            "00fd00a181a83081a5a0030a0101a10c060a2b06010401823702020aa2818f04818c4e544c4d535350000200"
            "0000100010003800000005828aa211b48cfa74ec4cee00000000000000004400440048000000060100000000"
            "000f490044004400420048004f005300540002001000490044004400420048004f0053005400010010004900"
            "44004400420048004f0053005400040000000300040076006d0007000800eec081ec357ddd01000000005700"
            "69006e0064006f0077007300200036002e0031000000530061006d0062006100200034002e00310037002e00"
            "310032002d00440065006200690061006e00000049004400440042004700520050000000"
        ),
    ),
]
OLD: list[Line] = SAMBA[5:]
NO_VERSION_1 = struct.pack("!I", 39) + b"\xffSMB\x72" + bytes(27) + b"\1\xff\xff\0\0" + bytes(2)
NEWEST = b"".join(data for what, data in SAMBA[:2] if what == "<" and data)
NOT_SUPPORTED = struct.pack("!I", 73) + NEWEST[4:12] + b"\xbb\0\0\xc0" + NEWEST[16:68] + b"\x09\0" + bytes(7)


def taking(dialect: int) -> bytes:
    """The answer to one that takes this dialect."""
    return NEWEST[:72] + struct.pack("<H", dialect) + NEWEST[74:]


def older(*answers: Line, session: list[Line] | None = None) -> list[Line]:
    """What is asked of each older dialect, from 3.0.2 on, and what is answered."""
    return [line for answer in answers for line in (("afresh", b""), *(session or []), (">", None), answer)]


ALL_OLDER = [("<", taking(each)) for each in (0x0302, 0x0300, 0x0210, 0x0202)]
SOME_OLDER: list[Line] = [
    ("<", taking(0x0302)),
    ("<", NOT_SUPPORTED),
    ("end", b"closed"),
    ("<", taking(0x0300)),
]
SILENT: list[Line] = [("end", b"silent")]
SAMBA[4:4] = older(*ALL_OLDER)
SCRIPTS: dict[str, list[Line]] = {
    "samba of Debian 12": SAMBA,
    "older dialects are off": [*SAMBA[:4], *older(*SOME_OLDER), ("afresh", b""), *OLD],
    "version 1 is off": [*SAMBA[:4], *older(*SILENT), ("afresh", b""), (">", None), ("end", b"reset")],
    "version 1 is refused": [*SAMBA[:4], *older(*SILENT), ("afresh", b""), (">", None), ("<", NO_VERSION_1)],
    "version 1 alone": [(">", negotiate_2()), ("end", b"closed"), ("afresh", b""), *OLD],
    "version 1 in answer to 2": [(">", negotiate_2()), ("<", NO_VERSION_1), ("afresh", b""), *OLD],
    "no SMB": [(">", None), ("<", b"\0\0\0\4nope")],
}
SESSION: Line = (">", None)
THERE: Line = ("<", b"\x82\0\0\0")
NETBIOS_SCRIPTS: dict[str, list[Line]] = {
    "samba of Debian 12": [
        SESSION,
        THERE,
        *SAMBA[:4],
        *older(*ALL_OLDER, session=[SESSION, THERE]),
        ("afresh", b""),
        SESSION,
        THERE,
        *OLD,
    ],
    "a session is refused": [SESSION, ("<", b"\x83\0\0\1\x82")],
    "no session": [SESSION, ("<", b"\x84\0\0\0")],
}
MORE_SCRIPTS = [(OVER_NETBIOS, NETBIOS_SCRIPTS)]
SAID = [data for what, data in SAMBA if what == "<" and data]


def test_samba() -> None:
    service = play(PROTOCOL, SCRIPTS["samba of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("microsoft-ds", "Samba", "4.17.12")
    assert (service.hostname, service.why) == ("vm", "SMB 3.1.1")
    assert (service.detail["signing"], service.detail["smb1"]) == ("enabled", True)
    assert service.detail["netbios_computer"] == "IDDBHOST"


def test_every_dialect_is_asked_for() -> None:
    service = play(PROTOCOL, SCRIPTS["samba of Debian 12"])
    assert service.detail["dialects"] == ["2.0.2", "2.1", "3.0", "3.0.2", "3.1.1"]
    assert play(PROTOCOL, SCRIPTS["older dialects are off"]).detail["dialects"] == ["3.0.2", "3.1.1"]
    assert "dialects" not in play(PROTOCOL, SCRIPTS["version 1 alone"]).detail


def test_signing() -> None:
    answer = bytearray(SAID[0][4:])
    for mode, name in ((0, "disabled"), (1, "enabled"), (3, "required")):
        answer[66] = mode
        assert negotiate_2_untrusted(bytes(answer))["signing"] == name


def test_version_1_may_be_off() -> None:
    for name in ("version 1 is off", "version 1 is refused"):
        service = play(PROTOCOL, SCRIPTS[name])
        assert (service.product, service.version, service.detail["smb1"]) == ("Samba", None, False)


def test_version_1_alone() -> None:
    for name in ("version 1 alone", "version 1 in answer to 2"):
        service = play(PROTOCOL, SCRIPTS[name])
        assert (service.why, service.version) == ("SMB 1", "4.17.12")


def test_over_netbios() -> None:
    service = play(OVER_NETBIOS, NETBIOS_SCRIPTS["samba of Debian 12"])
    assert (service.protocol, service.product) == ("netbios-ssn", "Samba")
    refused = play(OVER_NETBIOS, NETBIOS_SCRIPTS["a session is refused"])
    assert (refused.protocol, refused.confidence) == ("netbios-ssn", 0.85)


def test_what_is_no_smb_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no SMB"]).protocol is None
    assert play(OVER_NETBIOS, NETBIOS_SCRIPTS["no session"]).protocol is None


@given(damaged(*(each[4:] for each in SAID)), st.binary(max_size=40))
def test_any_bytes(data: bytes, rest: bytes) -> None:
    for each in (data, rest, data + rest):
        survive(each, negotiate_2_untrusted, negotiate_1_untrusted, native_untrusted)
