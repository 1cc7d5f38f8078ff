"""What stands where a run does not use a stage."""

from tests.scan.runs import NEAR

from periplus.result.row import HostReport
from periplus.scan.stage import NEVER, Through
from periplus.technique.verdict import Reason


def test_reports_pass_straight_through() -> None:
    stage = Through()
    reports = [HostReport(NEAR, True, Reason.RESET, (), 1.0, 2.0)]
    stage.ask(iter(reports))
    assert not stage.idle
    assert stage.step(1, alone=True) == NEVER
    stage.give_up()
    assert stage.passed() == reports
    assert stage.passed() == []
    assert stage.idle
