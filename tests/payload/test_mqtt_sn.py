"""The ping, read by scapy."""

from scapy.contrib.mqttsn import MQTTSN
from tests.payload.reading import data


def test_it_is_a_ping_without_a_name() -> None:
    packet = MQTTSN(data("mqtt-sn"))
    assert (packet.len, packet.type) == (2, 0x16)
    assert len(data("mqtt-sn")) == 2
