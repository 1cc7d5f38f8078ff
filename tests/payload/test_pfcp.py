"""The heartbeat, read by scapy."""

from scapy.contrib.pfcp import PFCP, IE_RecoveryTimeStamp, PFCPHeartbeatRequest
from tests.payload.reading import data


def test_it_is_a_heartbeat() -> None:
    packet = PFCP(data("pfcp"))
    assert (packet.version, packet.S, packet.message_type) == (1, 0, 1)
    assert packet.length == len(data("pfcp")) - 4
    assert packet[PFCPHeartbeatRequest]
    assert packet[IE_RecoveryTimeStamp].timestamp == 0x50657269
