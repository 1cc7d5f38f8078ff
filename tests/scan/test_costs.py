"""What probes cost, against frames that are built by hand."""

import numpy as np
import pytest
from tests.scan.runs import ETH4, ETH6, LO4, TUN4

from periplus.columns import U16
from periplus.scan.costs import PORTION, Costs, Price, link_price
from periplus.scan.menu import Menu
from periplus.technique.catalogue import by_name
from periplus.wire.lane import Lane
from periplus.wire.shape import PLAIN, Shape
from periplus.wire.udp import UdpProbe


def ports(*some: int) -> U16:
    return np.array(some, np.uint16)


def price(name: str, lane: Lane, numbers: U16, shape: Shape = PLAIN) -> Price:
    return Costs(Menu((by_name(name),)), shape).of(lane, numbers)


@pytest.mark.parametrize(
    ("name", "lane", "octets"),
    [
        ("syn", ETH4, 14 + 20 + 24),
        ("syn", ETH6, 14 + 40 + 24),
        ("syn", TUN4, 20 + 24),
        ("syn", LO4, 20 + 24),
        ("ack", ETH4, 14 + 20 + 20),
        ("udp", ETH4, 14 + 20 + 8),
        ("sctp-init", ETH4, 14 + 20 + 12 + 20),
        ("connect", ETH4, 14 + 20 + 40),
        ("connect", ETH6, 14 + 40 + 40),
        ("connect", LO4, 20 + 40),
    ],
)
def test_a_probe_has_the_bytes_of_its_headers(name: str, lane: Lane, octets: int) -> None:
    assert price(name, lane, ports(80, 443, 9)) == (3, 3 * octets)


def test_ballast_and_fragments_count() -> None:
    assert price("syn", ETH4, ports(80), Shape(data=bytes(100))) == (1, 58 + 100)
    pieces = Shape(fragment=8)
    assert price("syn", ETH4, ports(80), pieces) == (3, 3 * (34 + 8))
    assert price("syn", LO4, ports(80), Shape(data=bytes(2), fragment=16)) == (2, 20 + 16 + 20 + 10)


def test_each_payload_of_a_port_is_a_frame() -> None:
    probe = UdpProbe({53: (bytes(30), bytes(7)), 123: (bytes(48),)})
    assert Costs.of_probe(probe, ETH4, ports(53, 123, 9), PLAIN) == (4, 4 * 42 + 30 + 7 + 48)
    assert Costs.of_probe(probe, ETH4, ports(), PLAIN) == (0, 0)


def test_questions_of_several_kinds_are_priced_by_kind() -> None:
    menu = Menu((by_name("echo"), by_name("syn"), by_name("timestamp")), ((0, 8), (1, 443), (2, 13)))
    costs = Costs(menu, PLAIN)
    assert costs.of(ETH4, ports(0, 1, 2)) == (3, 3 * 34 + 16 + 24 + 20)
    assert costs.of(ETH6, ports(0, 1)) == (2, 2 * 54 + 16 + 24)


def test_more_ports_than_a_portion() -> None:
    numbers = np.arange(2 * PORTION + 3, dtype=np.uint16)
    assert price("syn", ETH4, numbers) == (len(numbers), 58 * len(numbers))


def test_what_was_asked_for_once_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = Costs(Menu((by_name("syn"),)), PLAIN)
    first = costs.of(ETH4, ports(1, 2))
    monkeypatch.setattr(Costs, "of_probe", None)
    assert costs.of(ETH4, ports(1, 2)) == first


def test_the_link_is_asked_by_arp_or_neighbour_discovery() -> None:
    assert link_price(ETH4) == (1, 42)
    assert link_price(ETH6) == (1, 86)
