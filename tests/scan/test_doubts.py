"""Whole scans of hosts that accept everything, in virtual time: who is asked what, when, and what is told of it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.result.batches import batch_of
from tests.result.examples import columns
from tests.result.examples import host as report_of
from tests.scan.asked import Known
from tests.scan.runs import NEAR, QUICK, ROUTERS, Run, config_of, crowd, link_of, mac, services, space_of
from tests.sim.frames import CLOSED, DROPPED, OPEN, Behaviour, Host, Segment, Wire
from tests.space.scopes import scope

from periplus.engine.crowd import FEWEST
from periplus.engine.timing import Timing
from periplus.result.row import Crowded, HostReport
from periplus.scan.config import ScanConfig, Tarpits
from periplus.scan.doubting import AskLink
from periplus.scan.doubts import CANNOT_TELL, CONTROLS, HIGH, SAMPLE, STARVED_US, Doubts
from periplus.scan.loop import Loop
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.technique.verdict import Reason, State
from periplus.transport.ask import Answer, Met
from periplus.wire.tcp import ACK, SYN

HUNDRED = range(1, 101)
THOUSAND = range(1, 1001)
SSH = b"SSH-2.0-OpenSSH_9.2"
REAL = (22, 80)
Does = Callable[[str, int], Met | bytes]


def facade(other: Met | bytes = Met.DEAF) -> Does:
    """Ports 22 and 80 are real, all others do this."""
    return lambda addr, port: SSH if port in REAL else other


def listeners(ports: range) -> Does:
    """Real listeners that hang up, and nothing else."""
    return lambda addr, port: Met.CLOSING if port in ports else Met.NOBODY


def config(hosts: list[str], ports: range, timing: Timing = QUICK, how: Tarpits | None = None) -> ScanConfig:
    made = config_of(space_of(hosts, [*ports]), timing)
    return replace(made, tarpits=how or Tarpits(likely=(80, 22, 443)))


def accepting(ports: range = HUNDRED, other: Behaviour = OPEN) -> Host:
    """A host on-link that takes every connection."""
    return Host(dict.fromkeys(ports, OPEN), other, mac(2))


def scan(wire: Wire, how: ScanConfig, asks: Known, stopped: Callable[[Run], bool] = lambda run: False) -> Run:
    run, link = Run(), link_of(how.works[0].space, wire)
    end_us = wire.now_us + 3_600_000_000

    def ended() -> bool:
        assert wire.now_us < end_us
        return stopped(run)

    links = Links((link,), asks=AskLink(lambda: asks))
    loop = Loop(how, links, run, wire.clock, services, Naming(reverse=False), ended)
    run.summary = loop.run()
    links.close()
    return run


# who is judged, and how


@pytest.mark.parametrize(
    ("other", "kind"),
    [(Met.DEAF, "deaf"), (Met.SILENT, "silent"), (Met.CLOSING, "closing"), (b"421 later", "answering")],
)
def test_a_host_that_accepts_everything_is_told_as_such(other: Met | bytes, kind: str) -> None:
    asks = Known(facade(other))
    run = scan(Wire({NEAR: accepting()}), config([NEAR], HUNDRED), asks)
    report = run.reports[NEAR]
    assert report.tarpit is not None
    assert report.tarpit.kind == kind
    assert report.tarpit.ports.tolist() == [port for port in HUNDRED if port not in REAL]
    assert (report.tarpit.probed, report.tarpit.asked, report.tarpit.alike) == (100, 100, 98)
    assert (report.tarpit.controls, report.tarpit.taken) == (CONTROLS, CONTROLS)
    assert (report.tarpit.ttl, report.tarpit.window) == (64, 1024)
    assert len(report.notes) == 1
    assert len(run.found) < FEWEST  # from then on they were held back
    assert kind not in ("deaf", "silent") or run.snapshots[-1].phase == "Asking what is behind"


def test_real_listeners_are_no_tarpit_however_many() -> None:
    wire, asks = Wire({NEAR: accepting(other=CLOSED)}), Known(listeners(HUNDRED))
    run = scan(wire, config([NEAR], HUNDRED), asks)
    report = run.reports[NEAR]
    assert (report.tarpit, report.notes) == (None, ())
    assert len(asks.asked) == CONTROLS + SAMPLE  # no second round
    assert {State(int(state)) for state in report.columns[0].state} == {State.OPEN}


def test_refused_controls_end_the_waiting_for_silent_listeners() -> None:
    wire = Wire({NEAR: accepting(other=CLOSED)})
    asks = Known(lambda addr, port: Met.SILENT if port in HUNDRED else Met.NOBODY)
    run = scan(wire, config([NEAR], HUNDRED), asks)
    assert run.reports[NEAR].tarpit is None
    assert run.summary.seconds < 1


def test_a_usual_host_is_asked_nothing() -> None:
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting(range(1, 20), CLOSED)}), config([NEAR], HUNDRED), asks)
    assert (asks.asked, run.reports[NEAR].tarpit) == ([], None)
    assert len(run.found) == 19


def test_a_firewall_that_drops_most_is_asked_nothing_and_its_ports_are_told_at_once() -> None:
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting(range(1, 31), DROPPED)}), config([NEAR], THOUSAND), asks)
    assert asks.asked == []
    assert {port for _, port in run.open} == set(range(1, 31))


def test_with_show_tarpits_nothing_is_held_back_and_the_note_stays() -> None:
    asks, how = Known(facade()), Tarpits(shown=True)
    run = scan(Wire({NEAR: accepting()}), config([NEAR], HUNDRED, how=how), asks)
    assert len(run.found) == 100
    assert run.reports[NEAR].tarpit is not None


def test_windows_that_differ_are_not_told_as_one() -> None:
    windows = dict.fromkeys(range(1, 50), Segment(SYN | ACK, window=512))
    host = Host({**dict.fromkeys(HUNDRED, OPEN), **windows}, OPEN, mac(2))
    run = scan(Wire({NEAR: host}), config([NEAR], HUNDRED), Known(facade()))
    found = run.reports[NEAR].tarpit
    assert found is not None
    assert (found.ttl, found.window) == (64, None)


# what is asked


def test_the_second_round_takes_the_most_common_ports_of_a_large_crowd() -> None:
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting(THOUSAND)}), config([NEAR], THOUSAND), asks)
    ports = [port for _, port in asks.asked]
    assert len(ports) == len(set(ports))
    assert sum(port >= HIGH for port in ports) == CONTROLS
    assert set(ports) >= {22, 80, 443}
    assert CONTROLS + SAMPLE <= len(ports) <= CONTROLS + SAMPLE + 3
    assert run.reports[NEAR].tarpit is not None


def test_the_seed_draws_the_ports() -> None:
    drawn = []
    for seed in (7, 7, 8):
        asks = Known(facade())
        scan(Wire({NEAR: accepting(THOUSAND)}), replace(config([NEAR], THOUSAND), seed=seed), asks)
        drawn.append(asks.asked[: CONTROLS + SAMPLE])
    assert drawn[0] == drawn[1] != drawn[2]


def test_printers_and_excluded_ports_are_never_asked() -> None:
    ports = range(9000, 9200)
    how = Tarpits(barred=frozenset(range(9000, 9100)))
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting(ports)}), config([NEAR], ports, how=how), asks)
    asked = {port for _, port in asks.asked}
    assert not asked & set(range(9000, 9108))
    assert asked & set(ports) == set(range(9108, 9200))
    assert run.reports[NEAR].tarpit is not None


def test_fragile_ports_are_never_asked_with_data_even_if_all_of_them_accept() -> None:
    ports = range(5000, 5095)
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting(ports)}), config([NEAR], ports), asks)
    asked = {port for _, port in asks.asked}
    assert asked & set(ports) == set(ports) - {5006, 5007, 5094}
    assert run.reports[NEAR].tarpit is not None


def test_a_scope_that_leaves_no_controls_leaves_the_question_open() -> None:
    within = scope(ports="1-100")
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting()}), replace(config([NEAR], HUNDRED), scope=within), asks)
    assert (asks.asked, run.reports[NEAR].tarpit) == ([], None)
    assert run.reports[NEAR].notes == (CANNOT_TELL,)


def test_controls_come_from_lower_down_where_no_high_port_may_be_asked() -> None:
    within = scope(ports="1-5000")
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting()}), replace(config([NEAR], HUNDRED), scope=within), asks)
    controls = [port for _, port in asks.asked if port > 100]
    assert len(controls) == CONTROLS
    assert all(1024 <= port <= 5000 for port in controls)
    assert run.reports[NEAR].tarpit is not None


# bounds


def test_a_ceiling_on_the_rate_leaves_connections_a_part_while_the_scan_goes_on() -> None:
    """A tenth of 400 packets, and four to a connection: ten connections a second."""
    hosts = {NEAR: accepting(), "198.18.0.3": Host({}, DROPPED, mac(3))}
    asks, wire = Known(facade()), Wire(hosts)
    limited = replace(config([*hosts], HUNDRED, replace(QUICK, max_rate=400.0)), assume_up=True)
    run = scan(wire, limited, asks)
    assert run.reports[NEAR].tarpit is not None
    assert np.diff(asks.times_us[:5]).min() > 90_000


def test_when_the_scan_is_over_all_of_the_ceiling_is_theirs() -> None:
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting()}), config([NEAR], HUNDRED, replace(QUICK, max_rate=400.0)), asks)
    assert run.reports[NEAR].tarpit is not None
    assert len(asks.asked) == CONTROLS + 100
    assert (len(asks.asked) - 20) / 100 < run.summary.seconds < 8


def test_questions_to_a_host_keep_the_distance_of_its_probes() -> None:
    asks = Known(facade())
    timing = replace(QUICK, scan_delay_us=200_000)
    run = scan(Wire({NEAR: accepting()}), config([NEAR], HUNDRED, timing), asks)
    assert len(asks.asked) == CONTROLS + SAMPLE
    assert min(np.diff(asks.times_us)) >= 200_000
    assert run.reports[NEAR].tarpit is not None


def test_a_host_that_takes_too_long_is_judged_by_what_there_is() -> None:
    """Whatever it is asked, it takes longer than a host may."""

    class Slow(Known):
        def poll(self, now_us: Callable[[], int]) -> list[Answer]:
            return [] if len(self.asked) > CONTROLS + SAMPLE else super().poll(now_us)

    asks = Slow(facade())
    run = scan(Wire({NEAR: accepting()}), config([NEAR], HUNDRED), asks)
    found = run.reports[NEAR].tarpit
    assert found is not None
    assert found.asked == SAMPLE
    assert run.summary.seconds < 15


def test_the_time_of_a_host_includes_this() -> None:
    asks = Known(facade(Met.SILENT))
    timing = replace(QUICK, host_timeout_us=1_000_000)
    run = scan(Wire({NEAR: accepting()}), config([NEAR], HUNDRED, timing), asks)
    assert run.reports[NEAR].tarpit is None
    assert run.summary.seconds < 2


def test_a_host_whose_time_is_over_is_asked_nothing() -> None:
    asks = Known(facade())
    wire = Wire({NEAR: Host(dict.fromkeys(range(1, 90), OPEN), DROPPED, mac(2))})
    run = scan(wire, config([NEAR], HUNDRED, replace(QUICK, host_timeout_us=30_000)), asks)
    assert run.reports[NEAR].timed_out
    assert (asks.asked, run.reports[NEAR].tarpit) == ([], None)


def test_many_hosts_share_what_room_there_is() -> None:
    hosts = crowd(12, dict.fromkeys(HUNDRED, OPEN), OPEN)
    asks = Known(facade(), room=20)
    run = scan(Wire(hosts), config([*hosts], HUNDRED), asks)
    assert all(report.tarpit is not None for report in run.reports.values())
    assert asks.most <= 20
    assert run.summary.crowded == (Crowded("198.18.0.0/24", 12, 12),)


def test_a_machine_that_can_begin_nothing_gives_up_in_the_end() -> None:
    class Short(Known):
        def begin(self, *args: object) -> int:
            return 0

    run = scan(Wire({NEAR: accepting()}), config([NEAR], HUNDRED), Short(facade()))
    assert run.reports[NEAR].tarpit is None
    assert STARVED_US / 1e6 < run.summary.seconds < STARVED_US / 1e6 + 5


def test_what_is_held_is_told_when_the_user_ends_the_run() -> None:
    asks = Known(facade())
    run = scan(Wire({NEAR: accepting()}), config([NEAR], HUNDRED), asks, lambda run: bool(asks.asked))
    assert run.summary.exit == "interrupted"
    assert run.reports[NEAR].tarpit is None
    assert len(run.reports[NEAR].columns[0].ports) == 100


def test_where_nothing_can_be_asked_reports_pass_through() -> None:
    run, how = Run(), config([NEAR], HUNDRED)
    wire = Wire({NEAR: accepting()}, ROUTERS)
    link = link_of(how.works[0].space, wire)
    links = Links((link,), asks=AskLink(lambda: None))
    Loop(how, links, run, wire.clock, services, Naming(reverse=False), lambda: False).run()
    assert (run.reports[NEAR].tarpit, run.reports[NEAR].notes) == (None, ())


# many hosts at once


def of_ports(addr: str, opened: int, asked: int, proto: str = "tcp", late: bool = False) -> HostReport:
    """A host with so many ports open, of so many asked."""
    verdicts = [(State.OPEN, Reason.SYN_ACK)] * opened + [(State.CLOSED, Reason.RESET)] * (asked - opened)
    part = columns([(port, *verdict) for port, verdict in enumerate(verdicts, 1)], proto)
    return report_of(part, addr=addr, timed_out=late)


SIZES = [(0, 0), (0, 40), (FEWEST - 1, FEWEST), (FEWEST, FEWEST), (FEWEST, 40), (FEWEST, 41), (30, 40)]


@pytest.mark.parametrize("proto", ["tcp", "udp"])
@pytest.mark.parametrize("late", [False, True])
def test_who_is_clear_is_who_would_not_be_asked(proto: str, late: bool) -> None:
    """The slow twin asks for each host by itself."""
    hosts = [of_ports(f"198.18.0.{row}", *size, proto, late) for row, size in enumerate(SIZES)]
    how = Tarpits(likely=(80,))
    doubts = Doubts(config([NEAR], HUNDRED), how, AskLink(lambda: Known(facade())), Wire({}).clock)
    clear = doubts.clear(batch_of(hosts, proto)).tolist()
    for each, is_clear in zip(hosts, clear, strict=True):
        doubts.ask([each])
        assert doubts.passed() == ([each] if is_clear else [])
    assert sum(clear) == (7 if late or proto == "udp" else 4)


def test_who_is_clear_counts_among_those_of_a_network_that_are_up() -> None:
    """Four hosts that accept everything are crowded among four others, and not among five."""
    for others, found in ((4, (Crowded("198.18.0.0/24", 4, 8),)), (5, ())):
        pits = crowd(4, dict.fromkeys(HUNDRED, OPEN), OPEN)
        plain = {f"198.18.0.{last}": Host({}, CLOSED, mac(last)) for last in range(200, 200 + others)}
        run = scan(Wire(pits | plain), config([*pits, *plain], HUNDRED), Known(facade()))
        assert run.summary.crowded == found
