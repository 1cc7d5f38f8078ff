"""The connect scan's table: every errno that a non-blocking connect can end with on account of the network."""

import errno

import pytest

from periplus.technique.connect import TECHNIQUE
from periplus.technique.model import UNEXPECTED
from periplus.technique.signal import errno_signal
from periplus.technique.verdict import Reason, State
from periplus.transport.connect import OWN_SHORTAGE

CASES = {
    0: (State.OPEN, Reason.SYN_ACK),
    errno.ECONNREFUSED: (State.CLOSED, Reason.CONN_REFUSED),
    errno.ECONNRESET: (State.OPEN, Reason.SYN_ACK),
    errno.EHOSTUNREACH: (State.FILTERED, Reason.HOST_UNREACH),
    errno.EHOSTDOWN: (State.FILTERED, Reason.HOST_UNREACH),
    errno.ENETUNREACH: (State.FILTERED, Reason.NET_UNREACH),
    errno.ENETDOWN: (State.FILTERED, Reason.NET_UNREACH),
    errno.ENOPROTOOPT: (State.FILTERED, Reason.PROTO_UNREACH),
    errno.EPROTO: (State.FILTERED, Reason.PROTO_UNREACH),
    errno.EACCES: (State.FILTERED, Reason.ADMIN_PROHIBITED),
    errno.EPERM: (State.FILTERED, Reason.ADMIN_PROHIBITED),
    errno.EOPNOTSUPP: (State.FILTERED, Reason.DEST_UNREACH),
    errno.EMSGSIZE: (State.FILTERED, Reason.DEST_UNREACH),
    errno.ETIMEDOUT: (State.FILTERED, Reason.NO_RESPONSE),
}


@pytest.mark.parametrize(("number", "verdict"), CASES.items(), ids=str)
def test_every_errno_has_its_verdict(number: int, verdict: tuple[State, Reason]) -> None:
    signal = errno_signal(number)
    assert (TECHNIQUE.table.state[signal], TECHNIQUE.table.reason[signal]) == verdict


def test_every_row_is_reached() -> None:
    rows = {int(TECHNIQUE.table.row[errno_signal(number)]) for number in CASES} | {len(TECHNIQUE.rows) - 1}
    assert rows == set(range(len(TECHNIQUE.rows)))


def test_our_own_shortages_are_no_verdict() -> None:
    assert all(TECHNIQUE.table.state[errno_signal(number)] == UNEXPECTED for number in OWN_SHORTAGE)


def test_it_needs_no_privilege() -> None:
    assert not TECHNIQUE.needs_raw
    assert TECHNIQUE.silence == (State.FILTERED, Reason.NO_RESPONSE)
