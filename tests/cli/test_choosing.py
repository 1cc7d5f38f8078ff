"""Which techniques are chosen, and what each gets."""

import numpy as np
import pytest

from periplus.cli.aim import Aim
from periplus.cli.choosing import techniques, work
from periplus.cli.options import read
from periplus.errors import CannotScan, UsageError
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.catalogue import by_name
from periplus.technique.verdict import State
from periplus.wire.udp import UdpProbe

HOST = "127.0.0.1"


@pytest.mark.parametrize(("raw", "name"), [(True, "syn"), (False, "connect")])
def test_without_a_word_it_is_the_best_that_is_allowed_and_that_is_said(raw: bool, name: str) -> None:
    chosen, why = techniques(read([HOST]), raw)
    assert chosen == [by_name(name)]
    assert why.startswith(by_name(name).title)


def test_what_was_asked_for_needs_no_word() -> None:
    chosen, why = techniques(read(["-sU", "-sF", HOST]), raw=True)
    assert ({each.name for each in chosen}, why) == ({"udp", "fin"}, "")


def test_packets_need_the_right_and_protocols_are_asked_alone() -> None:
    with pytest.raises(CannotScan, match="-sF sends raw packets"):
        techniques(read(["-sF", HOST]), raw=False)
    with pytest.raises(UsageError, match="scan ports apart"):
        techniques(read(["-sO", "-sU", HOST]), raw=True)


def test_udp_gets_its_payloads_and_asks_their_ports_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def probe(named: object) -> UdpProbe:
        asked.append(named)
        return UdpProbe({53: (b"name?",)})

    monkeypatch.setattr("periplus.scan.payloads.udp_probe", probe)
    space = Space.of([(AddressSpace.of([(1, 1)]), np.array([53, 80], np.uint16))])
    target = Aim(AddressSpace.of([(1, 1)]), {"udp": space, "tcp": space}, (), {})
    given = read(["-sU", "-p", "53,80-90", "--defeat-icmp-ratelimit", HOST])
    chosen = work(by_name("udp"), target, given)
    assert asked == [{53}]
    assert chosen.urgent == {53}
    assert isinstance(chosen.technique.probe, UdpProbe)
    assert chosen.technique.probe.payloads == {53: (b"name?",)}
    assert chosen.technique.silence[0] == State.CLOSED_FILTERED
    plain = work(by_name("syn"), target, given)
    assert (plain.technique, plain.urgent) == (by_name("syn"), frozenset())
