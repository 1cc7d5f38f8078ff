"""Reports wait for names, and for nothing else."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from tests.result.batches import batch_of

from periplus.result.row import Hop, HostReport, Trace
from periplus.scan.names import Named, ReverseNames
from periplus.scan.naming import Naming
from periplus.scan.vendor import Vendors
from periplus.technique.verdict import Reason

MACS = (None, "02:00:00:00:00:0A")


class Server(ReverseNames):
    """Names that come when the test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.come: list[Named] = []
        self.closed = False

    def ask(self, addresses: Iterable[str]) -> None:
        self.asked.extend(addresses)

    def poll(self) -> list[Named]:
        come, self.come = self.come, []
        self.asked = [addr for addr in self.asked if addr not in dict(come)]
        return come

    def wait(self) -> list[Named]:
        return self.poll() + [(addr, ("waited.example", "twice.example")) for addr in self.asked]

    def close(self) -> None:
        self.closed = True


def report(last: int, up: bool = True) -> HostReport:
    """A host."""
    return HostReport(f"198.18.0.{last}", up, Reason.RESET, (), 1.0, 2.0, names=(("given", "user"),))


@pytest.mark.parametrize(
    ("reverse", "asked"),
    [(None, ["198.18.0.1"]), (True, ["198.18.0.1", "198.18.0.2"])],
    ids=["hosts that are up", "all hosts"],
)
def test_who_is_asked_for(reverse: bool | None, asked: list[str]) -> None:
    server = Server()
    naming = Naming(reverse, server)
    for each in (report(1), report(2, up=False)):
        naming.ask(each)
    assert server.asked == asked


def test_without_names_nobody_is_asked_and_reports_pass_through_in_order() -> None:
    server = Server()
    naming = Naming(reverse=False, names=server)
    both = [report(2), report(1, up=False)]
    for each in both:
        naming.ask(each)
    assert list(naming.named(wait=False)) == both
    assert list(naming.named(wait=True)) == []
    naming.close()
    assert server.asked == []


def test_a_hardware_address_gets_its_vendor_without_waiting(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("00:53:AA\tMade-Up Works\n")
    naming = Naming(False, vendors=Vendors(lambda _: None, [(tmp_path, ("list",))]))
    for mac in ("00:53:AA:00:00:01", "00:53:BB:00:00:01", None):
        naming.ask(replace(report(1), mac=mac))
    assert [each.vendor for each in naming.named(wait=False)] == ["Made-Up Works", None, None]


def test_a_report_waits_for_its_name_and_no_other() -> None:
    server = Server()
    naming = Naming(None, server)
    naming.ask(report(1))
    naming.ask(report(2))
    assert list(naming.named(wait=False)) == []
    server.come = [("198.18.0.2", ("two.example",))]
    [named] = naming.named(wait=False)
    assert (named.addr, named.names) == ("198.18.0.2", (("given", "user"), ("two.example", "PTR")))
    [named] = naming.named(wait=True)
    assert named.names == (("given", "user"), ("waited.example", "PTR"), ("twice.example", "PTR"))
    assert list(naming.named(wait=True)) == []


def traced(last: int) -> HostReport:
    """A host behind a router that it shares with others, and a silent one."""
    hops = (Hop(1, "198.18.1.254"), Hop(2), Hop(3, f"198.18.0.{last}"))
    return replace(report(last), trace=Trace(hops, "tcp", 22))


def test_hops_get_their_names_and_each_is_asked_for_once() -> None:
    server = Server()
    naming = Naming(None, server)
    naming.ask(traced(1))
    naming.ask(traced(2))
    assert sorted(server.asked) == ["198.18.0.1", "198.18.0.2", "198.18.1.254"]
    server.come = [("198.18.0.1", ("one.example",)), ("198.18.0.2", ())]
    assert list(naming.named(wait=False)) == []
    server.come = [("198.18.1.254", ("gate.example",))]
    one, two = naming.named(wait=False)
    assert one.names == (("given", "user"), ("one.example", "PTR"))
    assert one.trace is not None
    assert two.trace is not None
    assert [hop.names for hop in one.trace.hops] == [("gate.example",), (), ("one.example",)]
    assert [hop.names for hop in two.trace.hops] == [("gate.example",), (), ()]


def test_giving_up_keeps_the_names_that_have_come() -> None:
    server = Server()
    naming = Naming(None, server)
    naming.ask(traced(1))
    server.come = [("198.18.1.254", ("gate.example",))]
    assert list(naming.named(wait=False)) == []
    naming.give_up()
    [told] = naming.named(wait=True)
    assert told.trace is not None
    assert told.trace.hops[0].names == ("gate.example",)


def test_giving_up_loses_no_report() -> None:
    server = Server()
    naming = Naming(None, server)
    for each in (report(1), report(2), report(3, up=False)):
        naming.ask(each)
    server.come = [("198.18.0.1", ("one.example",))]
    naming.give_up()
    left = {each.addr: each.names for each in naming.named(wait=True)}
    assert left == {f"198.18.0.{last}": (("given", "user"),) for last in (1, 2, 3)}


def test_closing_stops_asking() -> None:
    server = Server()
    Naming(None, server).close()
    assert server.closed


@pytest.mark.parametrize("reverse", [None, True, False])
@pytest.mark.parametrize("vendors", [False, True])
def test_who_passes_is_who_would_come_back_unchanged_at_once(reverse: bool | None, vendors: bool) -> None:
    hosts = [
        replace(report(last, up), mac=mac) for last, (up, mac) in enumerate(product((True, False), MACS))
    ]
    naming = Naming(reverse, Server(), Vendors(lambda line: None) if vendors else None)
    passes = naming.passes(batch_of(hosts)).tolist()
    for each, through in zip(hosts, passes, strict=True):
        naming.ask(each)
        assert not through or list(naming.named(wait=False)) == [each]
        list(naming.named(wait=True))
    assert sum(passes) == {None: 2, True: 0, False: 4}[reverse] // (2 if vendors else 1)
