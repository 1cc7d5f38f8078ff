"""Window scan: the reset's window tells open from closed."""

from tests.technique.tables import check_table, resets

from periplus.technique.model import Check
from periplus.technique.verdict import Reason, State
from periplus.technique.window import TECHNIQUE
from periplus.wire.tcp import ACK, TcpProbe


def test_every_answer_and_silence() -> None:
    with_one = dict.fromkeys(resets([1, 65_535]), (State.OPEN, Reason.RESET, Check.NUMBERED))
    without = dict.fromkeys(resets([0]), (State.CLOSED, Reason.RESET, Check.NUMBERED))
    check_table(TECHNIQUE, with_one | without, silence=State.FILTERED)


def test_the_probe() -> None:
    assert TECHNIQUE.probe == TcpProbe(flags=ACK, options=b"")
