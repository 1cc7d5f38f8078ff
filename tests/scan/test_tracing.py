"""What stands where hosts are not traced, and who gets which part of the rate."""

from dataclasses import replace

import pytest
from tests.scan.runs import KEY, NEAR, OURS, PATHS, QUICK, config_of, space_of
from tests.sim.frames import Wire

from periplus.result.row import HostReport
from periplus.scan.stage import NEVER, Unprobed
from periplus.scan.trace import Traces
from periplus.scan.tracelink import TraceLink
from periplus.scan.tracing import TRACE_SHARE, scan_timing, tracing_for
from periplus.technique.verdict import Reason
from periplus.transport.neighbours import Resolver

SPACE = space_of([NEAR], [22])
PLAIN = config_of(SPACE)
TRACED = replace(PLAIN, traceroute=True)


def test_untraced_reports_pass_straight_through() -> None:
    tracing = Unprobed()
    reports = [HostReport(NEAR, True, Reason.RESET, (), 1.0, 2.0)]
    tracing.ask(iter(reports))
    assert not tracing.idle
    tracing.give_up()
    assert tracing.step(1, alone=False) == NEVER
    assert tracing.passed() == reports
    assert tracing.passed() == []
    assert (tracing.sent, tracing.heard, tracing.counters(), tracing.drops()) == (0, 0, {}, 0)
    assert tracing.patience(7, 5) == 7


def test_without_reports_it_is_idle() -> None:
    assert Unprobed().idle


def test_what_there_is_a_link_for_is_traced() -> None:
    wire = Wire({})
    assert isinstance(tracing_for(PLAIN, None, wire.now_us), Unprobed)
    link = TraceLink(PATHS, wire, OURS, KEY, wire.clock.now_us, Resolver())
    assert isinstance(tracing_for(TRACED, link, wire.now_us), Traces)


def test_the_scan_leaves_a_part_of_a_ceiling_to_the_way() -> None:
    ceiling = replace(QUICK, max_rate=100.0)
    assert scan_timing(TRACED) == QUICK
    assert scan_timing(replace(PLAIN, timing=ceiling)) == ceiling
    assert scan_timing(replace(TRACED, timing=ceiling)).max_rate == pytest.approx(100 * (1 - TRACE_SHARE))
