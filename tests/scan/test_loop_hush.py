"""A host that falls silent under a whole scan: what its report, the summary and the writers say of it."""

from dataclasses import dataclass

from tests.scan.runs import config_of, mac, scan, space_of
from tests.sim.frames import CLOSED, Behaviour, Host, Probe, Wire

from periplus.engine.timing import Timing
from periplus.result.row import Stopped
from periplus.technique.verdict import State

PORTS = list(range(1, 1_001))


@dataclass
class Frail(Host):
    """Answers so many probes, then none for so many, then all."""

    strength: int = 200
    away: int = 1 << 30
    probes: int = 0

    def to(self, probe: Probe) -> Behaviour:
        self.probes += 1
        alive = self.probes <= self.strength or self.probes > self.strength + self.away
        return super().to(probe) if alive else None


def _scan(frail: Frail) -> tuple[Stopped, str, dict[int, int], int]:
    hosts: dict[str, Host] = {"198.18.0.2": frail}
    run = scan(Wire(hosts), config_of(space_of(list(hosts), PORTS), Timing(max_rate=1_000.0)))
    (report,) = run.reports.values()
    (columns,) = report.columns
    assert len(columns.ports) == 1_000
    states = {int(state): int((columns.state == state).sum()) for state in set(columns.state.tolist())}
    (stopped,) = report.stopped
    return stopped, report.notes[-1], states, run.summary.stopped


def test_who_does_not_come_back_is_told_with_all_its_ports() -> None:
    stopped, note, states, told = _scan(Frail({}, CLOSED, mac(2)))
    assert states == {State.CLOSED: 200, State.FILTERED: 800}
    assert (stopped.proto, stopped.resumed, told) == ("tcp", False, 1)
    assert 200 <= stopped.probe < 220
    assert 0 < stopped.unasked < 800
    assert note.startswith(f"stopped answering at probe {stopped.probe} (tcp) and was left alone; it did not")
    assert f"so {stopped.unasked} ports were not asked" in note


def test_who_comes_back_late_is_asked_to_the_end() -> None:
    """It misses what was under way, all of the first test and one question of the last."""
    before = Frail({}, CLOSED, mac(2))
    _scan(before)
    away = before.probes - before.strength - 8  # nine questions has a test
    stopped, note, states, told = _scan(Frail({}, CLOSED, mac(2), away=away))
    assert states == {State.CLOSED: 1_000}
    assert (stopped.resumed, stopped.unasked, told) == (True, 0, 1)
    assert "answered again at the end" in note
