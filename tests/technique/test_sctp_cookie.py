"""SCTP COOKIE ECHO scan: ABORT is closed, and open ports are silent."""

from tests.technique.tables import check_table

from periplus.technique.model import Check
from periplus.technique.sctp_cookie import TECHNIQUE
from periplus.technique.signal import sctp_signal
from periplus.technique.verdict import Reason, State
from periplus.wire.sctp import COOKIE_ECHO, SctpProbe


def test_every_answer_and_silence() -> None:
    own = {sctp_signal(6): (State.CLOSED, Reason.ABORT, Check.TAG)}
    check_table(TECHNIQUE, own, silence=State.OPEN_FILTERED)


def test_the_probe() -> None:
    assert TECHNIQUE.probe == SctpProbe(COOKIE_ECHO)
