"""The echo ping's table, signal by signal."""

from tests.technique.tables import check_table

from periplus.technique.echo import TECHNIQUE
from periplus.technique.model import Check
from periplus.technique.signal import icmp_reply_signal
from periplus.technique.verdict import Reason, State
from periplus.wire.icmp import ECHO, IcmpProbe


def test_a_reply_means_up_when_it_carries_the_cookie_and_nothing_else_does() -> None:
    own = {icmp_reply_signal(8): (State.OPEN, Reason.ECHO_REPLY, Check.ECHOED)}
    check_table(TECHNIQUE, own, State.FILTERED)


def test_it_asks_by_icmp() -> None:
    assert TECHNIQUE.probe == IcmpProbe(ECHO)
    assert (TECHNIQUE.flag, TECHNIQUE.proto) == ("-PE", "icmp")
