"""The address mask ping's table, signal by signal."""

from tests.technique.tables import check_table

from periplus.technique.mask import TECHNIQUE
from periplus.technique.model import Check
from periplus.technique.signal import icmp_reply_signal
from periplus.technique.verdict import Reason, State
from periplus.wire.icmp import ADDRESS_MASK, IcmpProbe


def test_a_reply_means_up_when_it_carries_the_cookie_and_nothing_else_does() -> None:
    own = {icmp_reply_signal(17): (State.OPEN, Reason.ADDRESSMASK_REPLY, Check.ECHOED_LOW)}
    check_table(TECHNIQUE, own, State.FILTERED)


def test_it_asks_by_icmp() -> None:
    assert TECHNIQUE.probe == IcmpProbe(ADDRESS_MASK)
    assert (TECHNIQUE.flag, TECHNIQUE.proto) == ("-PM", "icmp")
