"""SNMP, by what snmpd of Debian 12 answers, and identifiers of engines by RFC 3411."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.snmp import (
    PROTOCOL,
    QUESTIONS,
    engine_of,
    version_1_untrusted,
    version_2c_untrusted,
    version_3_untrusted,
)

V3, V2C, V1 = (each.data for each in QUESTIONS)
REPORT = (
    b'0n\x02\x01\x030\x0f\x02\x02Pe\x02\x03\x00\xff\xe3\x04\x01\x00\x02\x01\x03\x04"0 \x04\x11\x80'
    b"\x00\x1f\x88\x80\x99\xd3\tP\x8ai\x07k\x00\x00\x00\x00\x02\x01\x01\x02\x02\x00\x98\x04\x00\x04"
    b"\x00\x04\x0004\x04\x11\x80\x00\x1f\x88\x80\x99\xd3\tP\x8ai\x07k\x00\x00\x00\x00\x04\x00\xa8"
    b"\x1d\x02\x02Pe\x02\x01\x00\x02\x01\x000\x110\x0f\x06\n+\x06\x01\x06\x03\x0f\x01\x01\x04\x00A"
    b"\x01\x02"
)
RESPONSE_2C = (
    b"0`\x02\x01\x01\x04\x06public\xa2S\x02\x02Pe\x02\x01\x00\x02\x01\x000G0E\x06\x08+\x06\x01\x02"
    b"\x01\x01\x01\x00\x049Linux vm 6.18.44-fc-v669 #1 SMP PREEMPT_DYNAMIC @0 x86_64"
)
RESPONSE_1 = (
    b"0`\x02\x01\x00\x04\x06public\xa2S\x02\x02Pe\x02\x01\x00\x02\x01\x000G0E\x06\x08+\x06\x01\x02"
    b"\x01\x01\x01\x00\x049Linux vm 6.18.44-fc-v669 #1 SMP PREEMPT_DYNAMIC @0 x86_64"
)
SCRIPTS: dict[str, list[Line]] = {
    "snmpd": [(">", V3), ("<", REPORT), (">", V2C), ("<", RESPONSE_2C), (">", V1), ("<", RESPONSE_1)],
    "version 3 alone": [(">", V3), ("<", REPORT), (">", V2C), ("end", b"silent"), (">", V1)],
    "an echo": [(">", V3), ("<", V3), (">", V2C), ("<", V2C), (">", V1), ("<", V1)],
}


def test_snmpd() -> None:
    service = play(PROTOCOL, SCRIPTS["snmpd"])
    assert (service.protocol, service.confidence) == ("snmp", 0.98)
    assert (service.product, service.os) == ("Net-SNMP", "Linux")
    assert service.detail["engine_vendor"] == "Net-SNMP"
    assert service.detail["public_may_read"] is True
    assert service.detail["v1"] is service.detail["v2c"] is service.detail["v3"] is True
    assert str(service.detail["sysdescr"]).startswith("Linux vm 6.")


def test_version_3_alone() -> None:
    service = play(PROTOCOL, SCRIPTS["version 3 alone"])
    assert (service.protocol, service.product) == ("snmp", "Net-SNMP")
    assert service.detail["public_may_read"] is False


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


def test_engines() -> None:
    mac = engine_of(bytes.fromhex("8000000903001122334455"))
    assert (mac["engine_vendor"], mac["engine_mac"]) == ("Cisco", "00:11:22:33:44:55")
    assert engine_of(bytes.fromhex("80003a8c01c6120001"))["engine_address"] == "198.18.0.1"
    assert engine_of(b"\x80\0\x3a\x8c\x04text")["engine_text"] == "text"
    assert engine_of(b"abc") == {}


@given(damaged(REPORT, RESPONSE_2C, RESPONSE_1))
def test_any_bytes(data: bytes) -> None:
    for parse in (version_1_untrusted, version_2c_untrusted, version_3_untrusted):
        with suppress(BadReply):
            parse(data)
