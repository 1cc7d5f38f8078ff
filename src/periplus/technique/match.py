"""From decoded packets to signals, and which of them are really answers: nothing counts without its cookie."""

from collections.abc import Callable

import numpy as np

from periplus.columns import U16, U32, Mask
from periplus.technique.model import UNEXPECTED, Check, Table
from periplus.technique.signal import (
    NO_SIGNAL,
    PROTOCOL_REPLY,
    UDP_REPLY,
    icmp_reply_signals,
    icmp_signals,
    sctp_signals,
    tcp_signals,
)
from periplus.wire.cookie import NUMBER_STEP, PORT_SHIFTS
from periplus.wire.decode import Decoded, Kind
from periplus.wire.headers import PROTOCOL_TCP

__all__ = ["authentic", "distances", "expected", "near", "protocol_signals", "signals_of"]

LOW = np.uint32(0xFFFF)
SYN_AND_FIN = np.uint32(2)
FAR = np.uint32(NUMBER_STEP - 1)  # a distance that no check allows
IN_STEP = np.uint32(NUMBER_STEP - 1)
LAST_TRY = np.uint32(NUMBER_STEP * (PORT_SHIFTS - 1))  # how far behind the cookie a try's number may lie


def signals_of(decoded: Decoded) -> U16:
    """Return the signal of every row; NO_SIGNAL for rows that are no answer of any kind."""
    signal = tcp_signals(decoded.flags, decoded.window)
    is_tcp = decoded.kind == Kind.TCP
    if is_tcp.all():
        return signal
    parts = (
        (Kind.ICMP_ERROR, _error_signals),
        (Kind.ICMP_REPLY, lambda some: icmp_reply_signals(some.port_them)),
        (Kind.UDP, lambda some: UDP_REPLY),
        (Kind.SCTP, lambda some: sctp_signals(some.flags)),
        (Kind.OTHER, lambda some: NO_SIGNAL),
        (Kind.NONE, lambda some: NO_SIGNAL),
    )
    for kind, signals in parts:
        rows = np.flatnonzero(decoded.kind == kind)
        if len(rows):
            signal[rows] = signals(decoded[rows])
    return signal


def protocol_signals(decoded: Decoded) -> U16:
    """The same where protocols are asked for: what is no error is an answer in its protocol."""
    signal = np.full(len(decoded), PROTOCOL_REPLY, np.uint16)
    rows = np.flatnonzero(decoded.kind == Kind.ICMP_ERROR)
    signal[rows] = _error_signals(decoded[rows])
    signal[decoded.kind == Kind.NONE] = NO_SIGNAL
    return signal


def _error_signals(decoded: Decoded) -> U16:
    from_target = (decoded.sender.hi == decoded.them.hi) & (decoded.sender.lo == decoded.them.lo)
    return icmp_signals(decoded.is_v4, decoded.icmp_type, decoded.icmp_code, from_target)


def expected(table: Table, signal: U16) -> Mask:
    """Return which signals the response table knows."""
    known: Mask = table.state[signal] != UNEXPECTED
    return known


def authentic(table: Table, signal: U16, decoded: Decoded, cookie: U32, behind: int = 0) -> Mask:
    """Return which rows pass the check that their row of the table asks for.

    `cookie` is the number that each row's probe carried, `behind` how many bytes of data were behind a TCP header.
    Arithmetic wraps at 32 bits (RFC 9293 section 3.4).
    """
    return near(table, signal, distances(table, signal, decoded, cookie), behind)


def distances(table: Table, signal: U16, decoded: Decoded, cookie: U32) -> U32:
    """Return how far behind the cookie the number lies that each row gives back; 0 where it gives none back."""
    check = table.check[signal]
    distance = np.zeros(len(check), np.uint32)
    for kind, measure in _MEASURES.items():
        rows = np.flatnonzero(check == kind)
        if len(rows) == len(check):
            return measure(decoded, cookie)
        if len(rows):
            distance[rows] = measure(decoded[rows], cookie[rows])
    return distance


def near(table: Table, signal: U16, distance: U32, behind: int = 0) -> Mask:
    """Return which distances are those that the checks of these signals allow; no number needs no distance."""
    check = table.check[signal]
    passed: Mask = distance == (check == Check.ACK_IS_NEXT)
    wide = check == Check.NUMBERED
    if wide.any():
        passed |= wide & (distance <= SYN_AND_FIN)
    if behind:  # a closed port acknowledges the data as well (RFC 9293 section 3.10.7.1)
        rest = distance - np.uint32(behind)
        passed |= ((check == Check.ACK_IS_NEXT) & (rest == 1)) | (wide & (rest <= SYN_AND_FIN))
    judged: Mask = passed & (check != Check.NONE) & (check != UNEXPECTED)
    return judged


def _acknowledged(decoded: Decoded, cookie: U32) -> U32:
    return decoded.ack - cookie


def _quoted(decoded: Decoded, cookie: U32) -> U32:
    is_tcp = decoded.protocol == PROTOCOL_TCP
    return np.where(is_tcp, decoded.seq - cookie, (decoded.ip_id - cookie) & LOW)


def _numbered(decoded: Decoded, cookie: U32) -> U32:
    """As RFC 9293 section 3.10.7.1 numbers a reset; but some stacks do not count the FIN, and some set ACK on a reset
    that goes on where we acknowledged, so either number will do, whatever the flags.

    One that goes on where we acknowledged has nothing to count: it is exact, and its acknowledgement, mostly zero,
    says nothing, also where zero happens to lie nearer.
    """
    on = decoded.seq - cookie
    goes_on = (on & IN_STEP == 0) & (on <= LAST_TRY)
    numbered: U32 = np.where(goes_on, on, decoded.ack - cookie)
    return numbered


def _tagged(decoded: Decoded, cookie: U32) -> U32:
    """The tag 0 was sent as 1 (`wire.sctp.usable_tag`), so that 0 is nobody's."""
    was_zero = (decoded.ack == 1) & (cookie & IN_STEP == 0)
    return np.where(decoded.ack == 0, FAR, decoded.ack - cookie - was_zero)


def _echoed(decoded: Decoded, cookie: U32) -> U32:
    return decoded.seq - cookie


def _echoed_low(decoded: Decoded, cookie: U32) -> U32:
    return np.where(decoded.seq > LOW, FAR, (decoded.seq - cookie) & LOW)


_MEASURES: dict[Check, Callable[[Decoded, U32], U32]] = {
    Check.ACK_IS_NEXT: _acknowledged,
    Check.QUOTE: _quoted,
    Check.NUMBERED: _numbered,
    Check.TAG: _tagged,
    Check.ECHOED: _echoed,
    Check.ECHOED_LOW: _echoed_low,
}
