"""Kerberos: what krb5-kdc of Debian 12 answers on the loopback, and samba in a namespace."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.damage import damaged
from tests.identify.script import PEER, Line, exhaust, play, survive

from periplus.identify.protocol.kerberos import (
    PROTOCOLS,
    QUESTION,
    error_untrusted,
    tcp_looks_untrusted,
    udp_talk_untrusted,
)

PROTOCOL, UDP = PROTOCOLS
SCRIPTS: dict[str, list[Line]] = {
    "krb5-kdc of Debian 12": [
        (">", None),
        (
            "<",
            bytes.fromhex(
                "000000a97e81a63081a3a003020105a10302011ea411180f32303236313132353233313834395aa50502030e"
                "644ea603020106a7121b1050455249504c55532e494e56414c4944a8153013a003020101a10c300a1b087065"
                "7269706c7573a9121b1050455249504c55532e494e56414c4944aa253023a003020102a11c301a1b066b7262"
                "7467741b1050455249504c55532e494e56414c4944ab121b10434c49454e545f4e4f545f464f554e44"
            ),
        ),
    ],
    "samba as a domain controller": [
        (">", None),
        (
            "<",
            bytes.fromhex(
                "000000957e819230818fa003020105a10302011ea411180f32303236313132353233333732335aa50502030b"
                "581fa603020106a7121b1050455249504c55532e494e56414c4944a8153013a003020101a10c300a1b087065"
                "7269706c7573a9121b1050455249504c55532e494e56414c4944aa253023a003020102a11c301a1b066b7262"
                "7467741b1050455249504c55532e494e56414c4944"
            ),
        ),
    ],
    "no KDC": [(">", struct.pack("!I", len(QUESTION)) + QUESTION), ("<", b"\0\0\0\x05\x30\3\2\1\1")],
}
UDP_SCRIPTS: dict[str, list[Line]] = {
    "krb5-kdc of Debian 12": [
        (">", None),
        (
            "<",
            bytes.fromhex(
                "7e81a63081a3a003020105a10302011ea411180f32303236313132353233313834395aa50502030e644ea603"
                "020106a7121b1050455249504c55532e494e56414c4944a8153013a003020101a10c300a1b0870657269706c"
                "7573a9121b1050455249504c55532e494e56414c4944aa253023a003020102a11c301a1b066b72627467741b"
                "1050455249504c55532e494e56414c4944ab121b10434c49454e545f4e4f545f464f554e44"
            ),
        ),
    ],
    "no KDC": [(">", QUESTION), ("<", b"\x30\3\2\1\1")],
}
MORE_SCRIPTS = [(UDP, UDP_SCRIPTS)]
ERROR = UDP_SCRIPTS["krb5-kdc of Debian 12"][1][1] or b""


def test_mit() -> None:
    for protocol, script in ((PROTOCOL, SCRIPTS), (UDP, UDP_SCRIPTS)):
        service = play(protocol, script["krb5-kdc of Debian 12"])
        assert (service.protocol, service.product) == ("kerberos", "MIT Kerberos")
        assert service.detail["error"] == "client unknown"
        assert isinstance(service.detail["system_time"], int)


def test_samba() -> None:
    service = play(PROTOCOL, SCRIPTS["samba as a domain controller"])
    assert (service.protocol, service.product) == ("kerberos", None)


def test_what_is_no_kdc_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no KDC"]).protocol is None
    assert play(UDP, UDP_SCRIPTS["no KDC"]).protocol is None


@given(damaged(ERROR))
def test_any_bytes(data: bytes) -> None:
    survive(data, error_untrusted)
    assert 0 <= tcp_looks_untrusted(data) <= 1


@given(st.binary(max_size=80))
def test_any_answers(data: bytes) -> None:
    exhaust(udp_talk_untrusted(PEER), data, datagrams=True)
