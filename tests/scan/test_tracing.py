"""What stands where hosts are not traced, and who gets which part of the rate."""

from dataclasses import replace

import pytest
from tests.scan.runs import NEAR, QUICK, config_of, link_of, space_of
from tests.sim.frames import Wire

from periplus.errors import CannotScan
from periplus.result.row import HostReport
from periplus.scan.plain import PlainLink
from periplus.scan.trace import Traces
from periplus.scan.tracing import NEVER, TRACE_SHARE, Untraced, scan_timing, tracing_for
from periplus.technique.verdict import Reason
from periplus.transport.connect import ConnectTransport

SPACE = space_of([NEAR], [22])
PLAIN = config_of(SPACE)
TRACED = replace(PLAIN, traceroute=True)


def test_untraced_reports_pass_straight_through() -> None:
    tracing = Untraced()
    reports = [HostReport(NEAR, True, Reason.RESET, (), 1.0, 2.0)]
    tracing.ask(iter(reports))
    assert not tracing.idle
    tracing.give_up()
    assert tracing.step(1, alone=False) == NEVER
    assert tracing.traced() == reports
    assert tracing.traced() == []
    assert (tracing.sent, tracing.heard) == (0, 0)


def test_without_reports_it_is_idle() -> None:
    assert Untraced().idle


def test_the_configuration_chooses() -> None:
    wire = Wire({})
    assert isinstance(tracing_for(PLAIN, link_of(SPACE, wire), wire.clock), Untraced)
    assert isinstance(tracing_for(TRACED, link_of(SPACE, wire), wire.clock), Traces)


def test_sockets_trace_nothing() -> None:
    wire = Wire({})
    link = PlainLink(SPACE, ConnectTransport(), wire.clock.now_us, print)
    with pytest.raises(CannotScan, match="raw packets"):
        tracing_for(TRACED, link, wire.clock)
    link.close()


def test_the_scan_leaves_a_part_of_a_ceiling_to_the_way() -> None:
    ceiling = replace(QUICK, max_rate=100.0)
    assert scan_timing(TRACED) == QUICK
    assert scan_timing(replace(PLAIN, timing=ceiling)) == ceiling
    assert scan_timing(replace(TRACED, timing=ceiling)).max_rate == pytest.approx(100 * (1 - TRACE_SHARE))
