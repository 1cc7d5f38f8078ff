"""The encapsulation header, read by scapy."""

from scapy.contrib.enipTCP import ENIPTCP
from tests.payload.reading import data


def test_it_lists_the_identity_without_a_session() -> None:
    packet = ENIPTCP(data("ethernet-ip"))
    assert (packet.commandId, packet.length, packet.session, packet.options) == (0x63, 0, 0, 0)
    assert len(data("ethernet-ip")) == 24
