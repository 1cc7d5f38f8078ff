"""The timestamp ping's table, signal by signal."""

from tests.technique.tables import check_table

from periplus.technique.model import Check
from periplus.technique.signal import icmp_reply_signal
from periplus.technique.timestamp import TECHNIQUE
from periplus.technique.verdict import Reason, State
from periplus.wire.icmp import TIMESTAMP, IcmpProbe


def test_a_reply_means_up_when_it_carries_the_cookie_and_nothing_else_does() -> None:
    own = {icmp_reply_signal(13): (State.OPEN, Reason.TIMESTAMP_REPLY, Check.ECHOED)}
    check_table(TECHNIQUE, own, State.FILTERED)


def test_it_asks_by_icmp() -> None:
    assert TECHNIQUE.probe == IcmpProbe(TIMESTAMP)
    assert (TECHNIQUE.flag, TECHNIQUE.proto) == ("-PP", "icmp")
