"""The request for the list of resources, read by scapy."""

from scapy.contrib.coap import CoAP
from tests.payload.reading import data


def test_it_gets_the_well_known_list() -> None:
    packet = CoAP(data("coap"))
    assert (packet.ver, packet.type, packet.tkl, packet.code) == (1, 0, 0, 1)
    assert packet.options == [("Uri-Path", b".well-known"), ("Uri-Path", b"core")]
    assert not packet.payload
