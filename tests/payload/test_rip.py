"""RIP questions, read by scapy: one route each, never the mark for a whole table."""

from scapy.contrib.ripng import RIPng
from scapy.layers.rip import RIP, RIPEntry
from tests.payload.reading import data


def test_rip_asks_for_one_route() -> None:
    packet = RIP(data("rip"))
    assert (packet.cmd, packet.version) == (1, 2)
    entry = packet[RIPEntry]
    assert (entry.AF, entry.addr, entry.metric) == (2, "0.0.0.0", 16)
    assert (entry.mask, entry.nextHop, entry.RouteTag) == ("0.0.0.0", "0.0.0.0", 0)
    assert len(data("rip")) == 24


def test_ripng_asks_for_one_route() -> None:
    packet = RIPng(data("ripng"))
    assert (packet.cmd, packet.ver) == (1, 1)
    entry = packet.payload
    assert (entry.prefix_or_nh, entry.prefixlen, entry.metric) == ("2001:db8::", 32, 16)
    assert len(data("ripng")) == 24
