"""Operating systems in passing: whole scans in virtual time, and joined with what services say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.result.examples import tarpit_host
from tests.scan.runs import (
    FAR,
    KEY,
    NEAR,
    NEAR6,
    OURS,
    PATHS,
    ROUTER4,
    ROUTERS,
    Run,
    config_of,
    mac,
    services,
    space_of,
)
from tests.scan.test_ears import Known
from tests.sim.frames import (
    CLOSED,
    DROPPED,
    SIMULTANEOUS,
    Behaviour,
    Host,
    Path,
    Segment,
    Wire,
    mute,
)
from tests.wire.twins import ip4, number, tcp

from periplus.engine.ledger import Ledger
from periplus.engine.remains import Remains
from periplus.engine.shown import Shown
from periplus.identify.os.answer import options_untrusted
from periplus.identify.os.passive import TRUST, Stack, letters
from periplus.result.row import HostReport, ServiceRow, SummaryRow
from periplus.scan.config import Identify
from periplus.scan.ears import SynAckEar
from periplus.scan.identifying import IdentifyLink
from periplus.scan.journal import Journal
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.passive import OFFERED, Glances, said_of
from periplus.scan.raw import RawLink
from periplus.space.address import Addresses
from periplus.space.course import Course
from periplus.space.ranges import AddressSpace
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import Reason
from periplus.transport.neighbours import Resolver
from periplus.wire.packets import Packets
from periplus.wire.synack import syn_acks_untrusted
from periplus.wire.tcp import ACK, SYN, TcpProbe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from periplus.scan.identifier import Identifier

LINUX = Segment(SYN | ACK, 64_240, b"\2\4\5\xb4")
BSD = Segment(SYN | ACK, 65_535, b"\2\4\5\xb4")


def scanned(
    wire: Wire,
    hosts: list[str],
    ports: list[int],
    shown: Shown | None = None,
    journal: Journal | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Run:
    """A scan that wants to know services, and asks for nothing else."""
    space, run, shown = space_of(hosts, ports), Run(), Shown() if shown is None else shown
    ear = SynAckEar(TECHNIQUE.table, shown)
    link = RawLink(space, Menu((TECHNIQUE,)), PATHS, wire, OURS, KEY, wire.clock.now_us, Resolver(), ear=ear)
    config = replace(config_of(space, assume_up=True), identify=Identify())
    opened = cast("Callable[[], Identifier]", Known)
    links = Links((link,), identify=IdentifyLink(opened), shown=shown)
    naming = Naming(reverse=False)
    loop = Loop(config, links, run, wire.clock, services, naming, stopped, journal=journal)
    run.summary = loop.run()
    return run


def _families(report: HostReport) -> list[str | None]:
    """Whose stack a host may be."""
    return [each.family for each in report.os.guesses] if report.os else []


def test_a_run_that_goes_on_knows_what_hosts_showed_before() -> None:
    """Their open ports are not asked again, but to see whether they are still there, and that is no first answer."""
    hosts = {
        NEAR: Host(dict.fromkeys(range(100, 1_600, 50), LINUX), DROPPED, mac(2)),
        FAR: Host(dict.fromkeys(range(100, 1_600, 50), BSD), DROPPED, via=ROUTER4),
    }
    course = Course(AddressSpace.of([(number(addr),) * 2 for addr in hosts]), 7)
    saved: list[tuple[Ledger, Sequence[Remains], Mapping[str, NDArray[Any]]]] = []

    def save(_summary: SummaryRow, remains: Sequence[Remains]) -> None:
        ledger = Ledger(course, journal.ledger.reached, journal.ledger.still_open())
        saved.append((ledger, remains, journal.seen()))

    journal = Journal(Ledger(course), save)
    for is_last in (False, False, True):
        shown = Shown()

        def stopped(shown: Shown = shown, is_last: bool = is_last) -> bool:
            return len(shown) == len(hosts) and not is_last

        wire = Wire(hosts if not saved else dict.fromkeys(hosts, mute()), ROUTERS)
        run = scanned(wire, [*hosts], [*range(100, 1_600)], shown, journal, stopped)
        assert run.summary.exit == ("success" if is_last else "interrupted")
        journal = Journal(saved[-1][0], save, *saved[-1][1:])
    families = {addr: _families(run.reports[addr]) for addr in hosts}
    assert families == {NEAR: ["Linux"], FAR: ["FreeBSD", "macOS", "Linux"]}


def test_our_syn_offers_what_the_rules_reckon_with() -> None:
    assert letters(options_untrusted(TcpProbe(SYN).options)[0]) == OFFERED


def test_hosts_are_told_by_the_answers_of_the_scan_alone() -> None:
    hosts = {
        NEAR: Host({22: LINUX, 80: LINUX}, CLOSED, mac(2)),
        NEAR6: Host({22: replace(LINUX, window=64_800, options=b"\2\4\5\xa0")}, CLOSED, mac(3)),
        FAR: Host({80: BSD}, DROPPED, via=ROUTER4),
        "198.18.0.9": Host({22: SIMULTANEOUS}, CLOSED, mac(9)),
        "198.18.0.10": Host({}, CLOSED, mac(10)),
    }
    wire = Wire(hosts, ROUTERS)
    run = scanned(wire, [*hosts], [22, 80, 81])
    found = {addr: report.os for addr, report in run.reports.items()}
    four, six, far = found[NEAR], found[NEAR6], found[FAR]
    assert four is not None
    assert six is not None
    assert far is not None
    assert four.passive is not None
    assert (
        four.passive.shown.ttl,
        four.passive.shown.window,
        four.passive.shown.mss,
        four.passive.shown.options,
    ) == (
        64,
        64_240,
        1460,
        "M",
    )
    assert (
        four.passive.shown.df,
        four.passive.shown.ip_id,
        four.passive.shown.scale,
        four.passive.shown.ecn,
    ) == (
        True,
        0,
        None,
        False,
    )
    assert [each.family for each in four.guesses] == ["Linux"]
    assert four.guesses[0].confidence == pytest.approx(TRUST)
    [why] = four.guesses[0].evidence
    assert why.startswith(
        f"passive: the SYN-ACK of {four.passive.shown.port}/tcp looks like Linux (TTL 64, window 64240"
    )
    assert [each.family for each in six.guesses] == ["Linux"]
    assert (six.passive and six.passive.shown.df, six.passive and six.passive.shown.ip_id) == (None, None)
    assert [each.family for each in far.guesses][:2] == ["FreeBSD", "macOS"]
    assert max(each.confidence for each in far.guesses) < 0.5
    assert found["198.18.0.9"] is None  # it sent a SYN of its own
    assert found["198.18.0.10"] is None
    asked = sum(wire.probes.values())
    assert run.summary.probes == asked


def test_the_first_answer_counts_however_the_others_look() -> None:
    ports: dict[int, Behaviour] = {port: replace(LINUX, window=port) for port in range(1, 30)}
    wire = Wire({NEAR: Host(ports, CLOSED, mac(2))}, path=Path(copies=2, jitter_us=3_000))
    shown = Shown()
    found = scanned(wire, [NEAR], [*ports], shown).reports[NEAR].os
    assert len(shown) == 1
    assert found is not None
    assert found.passive is not None
    assert found.passive.shown.window == found.passive.shown.port
    assert found.guesses == ()


def glances(window: int = 64_240, read: "Callable[[], tuple[Stack, ...]] | None" = None) -> Glances:
    """What two near hosts showed."""
    shown = Shown()
    packet = ip4(
        number(NEAR), number(NEAR), 6, tcp(22, 50_000, flags=SYN | ACK, window=window, options=LINUX.options)
    )
    shown.keep(
        Addresses.of_ints([number(NEAR), number(NEAR6)]), syn_acks_untrusted(Packets.of_bytes([packet] * 2))
    )
    return Glances(shown, read) if read else Glances(shown)


def both(made: Glances, *reports: HostReport) -> list[HostReport]:
    """Noted, and at once told."""
    return list(made.told(made.noted(reports)))


def report(addr: str = NEAR, **fields: Any) -> HostReport:
    return HostReport(addr, fields.pop("up", True), Reason.SYN_ACK, (), 1.0, 2.0, **fields)


def test_what_services_say_is_joined() -> None:
    ssh = ServiceRow(
        proto="tcp",
        port=22,
        came="identified",
        name="ssh",
        confidence=0.99,
        os="Debian",
        cpe=("cpe:2.3:a:x", "cpe:2.3:o:debian:debian_linux"),
    )
    [told] = both(glances(), report(services=(ssh,)))
    assert told.os is not None
    [guess] = told.os.guesses
    assert (guess.name, guess.family) == ("Debian", "Linux")
    assert guess.confidence > 0.85
    assert [each.split()[0] for each in guess.evidence] == ["passive:", "ssh", "ssh"]
    assert len(list(said_of(told))) == 2
    [odd] = both(glances(1), report(services=(ssh,)))
    assert odd.os is not None
    assert odd.os.passive is not None
    assert odd.os.passive.matches == ()
    assert odd.os.guesses[0].evidence == (
        "ssh at 22/tcp says Debian",
        "ssh at 22/tcp says cpe:2.3:o:debian:debian_linux",
    )


def test_of_whom_nothing_is_told() -> None:
    others = [report("198.18.0.77"), report(up=False), replace(tarpit_host(), addr=NEAR)]
    assert [each.os for each in both(glances(), *others)] == [None] * 3
    assert glances().at(others[1]) == ()


def test_stacks_are_read_when_they_are_wanted_and_once() -> None:
    read: list[int] = []

    def none() -> tuple[Stack, ...]:
        read.append(1)
        return ()

    made = glances(read=none)
    assert both(made, report("198.18.0.77")) == [report("198.18.0.77")]
    assert read == []
    assert [each.os and each.os.guesses for each in both(made, report(), report())] == [(), ()]
    assert read == [1]
