"""The mDNS question, read by dnspython and by scapy."""

import dns.message
from scapy.layers.dns import DNS
from tests.payload.reading import data


def test_it_asks_for_the_types_of_services_by_unicast() -> None:
    packet = DNS(data("mdns"))
    (question,) = packet.qd
    assert (question.qname, question.qtype) == (b"_services._dns-sd._udp.local.", 12)
    assert (question.unicastresponse, question.qclass & 0x7FFF) == (1, 1)
    assert len(dns.message.from_wire(data("mdns")).question) == 1
