"""The LLMNR question, read by scapy."""

from scapy.layers.llmnr import LLMNRQuery
from tests.payload.reading import data


def test_it_asks_for_the_name_of_the_loopback_address() -> None:
    packet = LLMNRQuery(data("llmnr"))
    assert (packet.qr, packet.opcode, packet.qdcount) == (0, 0, 1)
    (question,) = packet.qd
    assert (question.qname, question.qtype, question.qclass) == (b"1.0.0.127.in-addr.arpa.", 12, 1)
