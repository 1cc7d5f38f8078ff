"""What the scans that count on resets share."""

from tests.technique.tables import check_table, resets

from periplus.technique.model import Check
from periplus.technique.reset import on_reset, reset_scan
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import URG, TcpProbe

CLOSED = (State.CLOSED, Reason.RESET, Check.NUMBERED)
OPEN = (State.OPEN, Reason.RESET, Check.NUMBERED)


def test_a_scan_made_from_its_parts() -> None:
    rows = (on_reset(State.OPEN, window=True), on_reset(State.CLOSED))
    made = reset_scan("u", "U scan", "-sQ", "For tests.", URG, rows, State.CLOSED_FILTERED)
    own = dict.fromkeys(resets([0]), CLOSED) | dict.fromkeys(resets([7]), OPEN)
    check_table(made, own, silence=State.CLOSED_FILTERED)
    assert made.probe == TcpProbe(flags=URG, options=b"")
    assert (made.name, made.title, made.flag, made.proto) == ("u", "U scan", "-sQ", "tcp")


def test_rows_cover_the_windows_that_are_asked_for() -> None:
    assert set(on_reset(State.CLOSED).answer.signals()) == resets()
    assert set(on_reset(State.CLOSED, window=True).answer.signals()) == resets([1])
    assert set(on_reset(State.CLOSED, window=False).answer.signals()) == resets([0])
