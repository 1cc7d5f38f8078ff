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
from periplus.wire.decode import Decoded, Kind
from periplus.wire.headers import PROTOCOL_TCP
from periplus.wire.sctp import usable_tag

__all__ = ["authentic", "expected", "protocol_signals", "signals_of"]

LOW = np.uint32(0xFFFF)


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


def authentic(table: Table, signal: U16, decoded: Decoded, cookie: U32) -> Mask:
    """Return which rows pass the check that their row of the table asks for.

    `cookie` is the number that each row's probe carried. Arithmetic wraps at 32 bits (RFC 9293 section 3.4).
    """
    check = table.check[signal]
    passed: Mask = (check == Check.SOURCE_PORT) | (check == Check.SENDER)
    for kind, holds in _CHECKS.items():
        rows = np.flatnonzero(check == kind)
        if len(rows) == len(check):
            return holds(decoded, cookie)
        if len(rows):
            passed[rows] = holds(decoded[rows], cookie[rows])
    return passed


def _acknowledged(decoded: Decoded, cookie: U32) -> Mask:
    right: Mask = decoded.ack == cookie + np.uint32(1)
    return right


def _quoted(decoded: Decoded, cookie: U32) -> Mask:
    is_tcp = decoded.protocol == PROTOCOL_TCP
    right: Mask = np.where(is_tcp, decoded.seq == cookie, decoded.ip_id == (cookie & LOW))
    return right


def _numbered(decoded: Decoded, cookie: U32) -> Mask:
    """As RFC 9293 section 3.10.7.1 numbers a reset; but some stacks do not count the FIN, and some set ACK on a reset
    that goes on where we acknowledged, so either number will do, whatever the flags."""
    right: Mask = (decoded.ack - cookie <= np.uint32(2)) | (decoded.seq == cookie)
    return right


def _tagged(decoded: Decoded, cookie: U32) -> Mask:
    right: Mask = decoded.ack == usable_tag(cookie)
    return right


def _echoed(decoded: Decoded, cookie: U32) -> Mask:
    right: Mask = decoded.seq == cookie
    return right


def _echoed_low(decoded: Decoded, cookie: U32) -> Mask:
    right: Mask = decoded.seq == (cookie & LOW)
    return right


_CHECKS: dict[Check, Callable[[Decoded, U32], Mask]] = {
    Check.ACK_IS_NEXT: _acknowledged,
    Check.QUOTE: _quoted,
    Check.NUMBERED: _numbered,
    Check.TAG: _tagged,
    Check.ECHOED: _echoed,
    Check.ECHOED_LOW: _echoed_low,
}
