"""What stands where nobody is doubted, and how the way to ask is opened."""

from tests.scan.asked import Known
from tests.scan.runs import NEAR, QUICK, config_of, space_of
from tests.sim.frames import Wire

from periplus.engine.crowd import FEWEST
from periplus.result.row import HostReport
from periplus.scan.config import ScanConfig, Tarpits, Work
from periplus.scan.doubting import Asking, AskLink, Undoubting, doubting_for
from periplus.scan.doubts import Doubts
from periplus.scan.stage import NEVER
from periplus.technique.syn import TECHNIQUE as SYN
from periplus.technique.verdict import Reason
from periplus.transport.ask import Met

FEW = space_of([NEAR], [*range(1, FEWEST)])
SPACE = space_of([NEAR], [*range(1, FEWEST + 1)])


def nobody() -> Asking | None:
    return Known(lambda addr, port: Met.NOBODY)


def test_reports_pass_straight_through() -> None:
    doubting = Undoubting()
    reports = [HostReport(NEAR, True, Reason.RESET, (), 1.0, 2.0)]
    doubting.ask(iter(reports))
    assert not doubting.idle
    doubting.give_up()
    assert doubting.step(1, alone=False) == NEVER
    assert doubting.passed() == reports
    assert doubting.passed() == []
    assert (doubting.begun, doubting.crowded()) == (0, ())


def test_without_reports_it_is_idle() -> None:
    assert Undoubting().idle


def test_who_is_not_asked_to_doubts_nobody() -> None:
    clock = Wire({}).clock
    plain = config_of(SPACE)
    doubtful = ScanConfig((Work(SYN, SPACE),), QUICK, seed=7, tarpits=Tarpits())
    assert isinstance(doubting_for(plain, AskLink(nobody), clock), Undoubting)
    assert isinstance(doubting_for(doubtful, None, clock), Undoubting)
    assert isinstance(doubting_for(doubtful, AskLink(nobody), clock), Doubts)


def test_where_too_few_ports_are_asked_for_a_crowd_nobody_is_doubted() -> None:
    few = ScanConfig((Work(SYN, FEW),), QUICK, seed=7, tarpits=Tarpits())
    assert isinstance(doubting_for(few, AskLink(nobody), Wire({}).clock), Undoubting)


def test_the_way_to_ask_is_opened_once_and_when_it_is_wanted() -> None:
    made: list[Known] = []

    def opened() -> Asking:
        made.append(Known(lambda addr, port: Met.NOBODY))
        return made[-1]

    link = AskLink(opened)
    link.close()
    assert made == []
    assert link.asks() is link.asks()
    link.close()
    assert [each.closed for each in made] == [True]


def test_where_there_is_none_it_is_tried_once() -> None:
    tried: list[int] = []
    link = AskLink(lambda: tried.append(1))
    assert link.asks() is None
    assert link.asks() is None
    assert tried == [1]
