"""NTP requests, read by scapy."""

from scapy.layers.ntp import NTP, NTPControl, NTPHeader
from tests.payload.reading import data


def test_a_client_of_version_4_asks_the_time() -> None:
    packet = NTP(data("ntp"))
    assert isinstance(packet, NTPHeader)
    assert (packet.leap, packet.version, packet.mode, packet.stratum) == (0, 4, 3, 0)
    assert data("ntp")[40:] == b"periplus".replace(b"p", b"P", 1)
    assert len(data("ntp")) == 48


def test_the_control_message_reads_variables_and_no_list_of_clients() -> None:
    packet = NTP(data("ntp-control"))
    assert isinstance(packet, NTPControl)
    assert (packet.version, packet.mode, packet.op_code) == (2, 6, 2)
    assert (packet.response, packet.association_id, packet.count) == (0, 0, 0)
    assert len(data("ntp-control")) == 12
