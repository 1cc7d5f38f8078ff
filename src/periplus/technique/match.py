"""From decoded packets to signals, and which of them are really answers: nothing counts without its cookie."""

import numpy as np

from periplus.columns import U16, U32, Mask
from periplus.technique.model import UNEXPECTED, Check, Table
from periplus.technique.signal import NO_SIGNAL, icmp_signals, tcp_signals
from periplus.wire.decode import Decoded, Kind

__all__ = ["authentic", "expected", "signals_of"]


def signals_of(decoded: Decoded) -> U16:
    """Return the signal of every row; NO_SIGNAL for rows that are no answer of any kind."""
    from_target = (decoded.sender.hi == decoded.them.hi) & (decoded.sender.lo == decoded.them.lo)
    icmp = icmp_signals(decoded.is_v4, decoded.icmp_type, decoded.icmp_code, from_target)
    signal = np.where(decoded.kind == Kind.TCP, tcp_signals(decoded.flags), icmp)
    return np.where(decoded.kind == Kind.NONE, NO_SIGNAL, signal).astype(np.uint16)


def expected(table: Table, signal: U16) -> Mask:
    """Return which signals the response table knows."""
    known: Mask = table.state[signal] != UNEXPECTED
    return known


def authentic(table: Table, signal: U16, decoded: Decoded, cookie: U32) -> Mask:
    """Return which rows pass the check that their row of the table asks for.

    `cookie` is what each row's probe carried as its sequence number. Arithmetic wraps at 32 bits (RFC 9293
    section 3.4).
    """
    check = table.check[signal]
    acknowledged = (check == Check.ACK_IS_NEXT) & (decoded.ack == cookie + np.uint32(1))
    quoted = (check == Check.QUOTE) & (decoded.seq == cookie)
    bound = check == Check.SOURCE_PORT
    passed: Mask = acknowledged | quoted | bound
    return passed
