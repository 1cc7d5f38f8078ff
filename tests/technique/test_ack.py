"""ACK scan: whatever resets is not filtered."""

from tests.technique.tables import check_table, resets

from periplus.technique.ack import TECHNIQUE
from periplus.technique.model import Check
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import ACK, TcpProbe


def test_every_answer_and_silence() -> None:
    meaning = (State.UNFILTERED, Reason.RESET, Check.NUMBERED)
    check_table(TECHNIQUE, dict.fromkeys(resets(), meaning), silence=State.FILTERED)


def test_the_probe() -> None:
    assert TECHNIQUE.probe == TcpProbe(flags=ACK, options=b"")
