"""The test packet, read by scapy."""

from scapy.contrib.stamp import STAMPSessionSenderTestUnauthenticated
from tests.payload.reading import data


def test_it_is_an_unauthenticated_test_packet() -> None:
    packet = STAMPSessionSenderTestUnauthenticated(data("stamp"))
    assert packet.seq == 1
    assert (packet.err_estimate.S, packet.err_estimate.Z, packet.err_estimate.multiplier) == (0, 0, 1)
    assert len(data("stamp")) == 44
