"""Echo requests, read by scapy."""

from scapy.contrib.gtp import GTPEchoRequest, GTPHeader
from scapy.contrib.gtp_v2 import GTPHeader as GTPHeader2
from scapy.contrib.gtp_v2 import GTPV2EchoRequest, IE_RecoveryRestart
from tests.payload.reading import data


def test_version_1_echoes() -> None:
    packet = GTPHeader(data("gtp-v1"))
    assert (packet.version, packet.PT, packet.S, packet.gtp_type) == (1, 1, 1, 1)
    assert (packet.E, packet.PN) == (0, 0)
    assert (packet.teid, packet.length) == (0, len(data("gtp-v1")) - 8)
    assert GTPEchoRequest in packet or not packet.payload


def test_version_2_echoes() -> None:
    packet = GTPHeader2(data("gtp-v2"))
    assert (packet.version, packet.P, packet.T, packet.gtp_type) == (2, 0, 0, 1)
    assert packet.length == len(data("gtp-v2")) - 4
    assert data("gtp-v2")[0] == 0x40
    assert packet[GTPV2EchoRequest]
    assert packet[IE_RecoveryRestart].length == 1
