"""SCTP INIT scan: INIT ACK is open, ABORT closed."""

from tests.technique.tables import check_table

from periplus.technique.model import Check
from periplus.technique.sctp_init import TECHNIQUE
from periplus.technique.signal import sctp_signal
from periplus.technique.verdict import Reason, State
from periplus.wire.sctp import INIT, SctpProbe


def test_every_answer_and_silence() -> None:
    own = {
        sctp_signal(2): (State.OPEN, Reason.INIT_ACK, Check.TAG),
        sctp_signal(6): (State.CLOSED, Reason.ABORT, Check.TAG),
    }
    check_table(TECHNIQUE, own, silence=State.FILTERED)


def test_the_probe() -> None:
    assert TECHNIQUE.probe == SctpProbe(INIT)
