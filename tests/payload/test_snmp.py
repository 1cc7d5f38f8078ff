"""SNMP questions, read by scapy; version 3, which scapy does not read, by the strict walker."""

import pytest
from scapy.layers.snmp import SNMP, SNMPget
from tests.payload.reading import data, only


@pytest.mark.parametrize(("service", "version"), [("snmp-v1", 0), ("snmp-v2c", 1)])
def test_one_object_is_read(service: str, version: int) -> None:
    packet = SNMP(data(service))
    assert (packet.version.val, packet.community.val) == (version, b"public")
    assert isinstance(packet.PDU, SNMPget)
    (binding,) = packet.PDU.varbindlist
    assert binding.oid.val == "1.3.6.1.2.1.1.1.0"
    assert only(data(service)).tag == 0x30


def test_version_3_discovers_the_engine() -> None:
    version, header, security, scoped = only(data("snmp-v3")).inner
    assert version.number == 3
    assert only(data("snmp-v3")).tag == header.tag == scoped.tag == 0x30
    assert [each.number for each in header.inner[:2]] == [0x5065, 65507]
    assert (header[2].value, header[3].number) == (b"\x04", 3)
    assert [each.value for each in only(security.value).inner] == [b"", b"\0", b"\0", b"", b"", b""]
    assert [each.value for each in scoped.inner[:2]] == [b"", b""]
    assert scoped[2].tag == 0xA0
    assert [each.number for each in scoped[2].inner[1:3]] == [0, 0]
    assert scoped[2][3].inner == ()
