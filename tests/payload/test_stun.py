"""The binding request, read by scapy."""

from scapy.contrib.stun import STUN
from tests.payload.reading import data


def test_it_is_a_request_without_attributes() -> None:
    packet = STUN(data("stun"))
    assert (packet.stun_message_type, packet.length, packet.magic_cookie) == (1, 0, 0x2112A442)
    assert len(data("stun")) == 20
