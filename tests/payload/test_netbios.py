"""The node status request, read by scapy."""

from scapy.layers.netbios import NBNSHeader, NBNSNodeStatusRequest
from tests.payload.reading import data


def test_it_asks_for_the_status_of_the_wildcard() -> None:
    packet = NBNSHeader(data("netbios-ns"))
    assert (packet.RESPONSE, packet.OPCODE, packet.QDCOUNT, packet.ANCOUNT) == (0, 0, 1, 0)
    request = packet[NBNSNodeStatusRequest]
    assert request.QUESTION_NAME.rstrip(b"\0 ") == b"*"
    assert (request.QUESTION_TYPE, request.QUESTION_CLASS) == (0x21, 1)
    assert len(data("netbios-ns")) == 50
