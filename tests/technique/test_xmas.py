"""Xmas scan: whatever resets is closed."""

from tests.technique.tables import check_table, resets

from periplus.technique.model import Check
from periplus.technique.verdict import Reason, State
from periplus.technique.xmas import TECHNIQUE
from periplus.wire.tcp import FIN, PSH, URG, TcpProbe


def test_every_answer_and_silence() -> None:
    meaning = (State.CLOSED, Reason.RESET, Check.NUMBERED)
    check_table(TECHNIQUE, dict.fromkeys(resets(), meaning), silence=State.OPEN_FILTERED)


def test_the_probe() -> None:
    assert TECHNIQUE.probe == TcpProbe(flags=FIN | PSH | URG, options=b"")
