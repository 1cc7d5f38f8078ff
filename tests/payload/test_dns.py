"""DNS questions, read by dnspython and by scapy."""

import dns.flags
import dns.message
import pytest
from scapy.layers.dns import DNS
from tests.payload.reading import data


@pytest.mark.parametrize(
    ("service", "asked", "recursive"),
    [("dns", "localhost. IN A", True), ("dns-version", "version.bind. CH TXT", False)],
)
def test_dnspython_reads_the_question(service: str, asked: str, recursive: bool) -> None:
    message = dns.message.from_wire(data(service))
    assert [str(each) for each in message.question] == [asked]
    assert message.opcode() == 0
    assert bool(message.flags & dns.flags.RD) == recursive
    assert message.to_wire() == data(service)


def test_scapy_reads_the_question() -> None:
    packet = DNS(data("dns"))
    assert packet.qd[0].qname == b"localhost."
    assert not packet.ancount
    assert "Raw" not in packet
