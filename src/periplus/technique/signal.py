"""Signals: every kind of answer that a probe can get, numbered in one small space.

A response table must be applied to thousands of answers at once, so an answer is reduced to one number and a
compiled table is an array indexed by it. The space holds silence, the TCP flag combinations (RFC 9293 section
3.1) with and without a window, UDP datagrams, the first chunks of SCTP packets (RFC 9260 section 3.2), replies to
questions by ICMP and its errors by type, code and sender (RFC 792, RFC 4443), "anything in that protocol", and the
errno of a socket.

Limits: flags above URG (ECE, CWR, AE) do not count; ICMP codes and chunk types above 15 are no signal.
"""

import numpy as np

from periplus.columns import U8, U16, Mask

__all__ = [
    "ICMP4_TYPES",
    "ICMP6_TYPES",
    "ICMP_CODES",
    "ICMP_QUESTIONS",
    "NO_SIGNAL",
    "PROTOCOL_REPLY",
    "SCTP_CHUNKS",
    "SIGNALS",
    "SILENCE",
    "TCP_FLAG_BITS",
    "UDP_REPLY",
    "errno_signal",
    "errno_signals",
    "icmp_reply_signal",
    "icmp_reply_signals",
    "icmp_signal",
    "icmp_signals",
    "sctp_signal",
    "sctp_signals",
    "tcp_signal",
    "tcp_signals",
]

SILENCE = 0
NO_SIGNAL = 1  # a frame that is an answer of no kind we know
UDP_REPLY = 2
PROTOCOL_REPLY = 3  # a packet of the protocol that was asked for
TCP_FLAG_BITS = 0x3F
SCTP_CHUNKS = 16
ICMP_QUESTIONS = (8, 13, 17)  # echo (ICMPv6's too), timestamp, address mask
ICMP_CODES = 16
ICMP4_TYPES = (3, 11, 12)  # destination unreachable, time exceeded, parameter problem
ICMP6_TYPES = (1, 2, 3, 4)  # the same three and packet too big
ERRNOS = 256

_ICMP_REPLY = 4
_SCTP = 16
_TCP = 64
_WITH_WINDOW = TCP_FLAG_BITS + 1
_ICMP4 = _TCP + 2 * _WITH_WINDOW
_ICMP6 = _ICMP4 + len(ICMP4_TYPES) * ICMP_CODES * 2
_ERRNO = _ICMP6 + len(ICMP6_TYPES) * ICMP_CODES * 2
SIGNALS = _ERRNO + ERRNOS

_SLOT_ABSENT = 255


def _slots(types: tuple[int, ...]) -> U8:
    """Map an ICMP type (0..255) to its slot, 255 where it is no error."""
    slots = np.full(256, _SLOT_ABSENT, np.uint8)
    slots[list(types)] = np.arange(len(types))
    return slots


_SLOTS4 = _slots(ICMP4_TYPES)
_SLOTS6 = _slots(ICMP6_TYPES)


_QUESTION_SLOTS = _slots(ICMP_QUESTIONS)


def tcp_signal(flags: int, window: int = 0) -> int:
    """Return the signal of a segment with these flags and this window."""
    return _TCP + (flags & TCP_FLAG_BITS) + _WITH_WINDOW * (window > 0)


def tcp_signals(flags: U8, window: U16) -> U16:
    """Return the signals of segments, columns of equal length."""
    return (_TCP + (flags & TCP_FLAG_BITS) + _WITH_WINDOW * (window > 0)).astype(np.uint16)


def sctp_signal(chunk: int) -> int:
    """Return the signal of a packet whose first chunk has this type."""
    return _SCTP + chunk if chunk < SCTP_CHUNKS else NO_SIGNAL


def sctp_signals(chunk: U8) -> U16:
    """Return the signals of a column of chunk types."""
    return np.where(chunk < SCTP_CHUNKS, _SCTP + chunk.astype(np.uint16), NO_SIGNAL).astype(np.uint16)


def icmp_reply_signal(question: int) -> int:
    """Return the signal of a reply to the question of this type."""
    return _ICMP_REPLY + ICMP_QUESTIONS.index(question) if question in ICMP_QUESTIONS else NO_SIGNAL


def icmp_reply_signals(question: U16) -> U16:
    """Return the signals of a column of replies, by the types of their questions (each below 256)."""
    slot = _QUESTION_SLOTS[question].astype(np.uint16)
    return np.where(slot != _SLOT_ABSENT, _ICMP_REPLY + slot, NO_SIGNAL).astype(np.uint16)


def icmp_signal(family: int, kind: int, code: int, from_target: bool) -> int:
    """Return the signal of one ICMP error; `family` is 4 or 6. Unknown types and codes give NO_SIGNAL."""
    base, types = (_ICMP4, ICMP4_TYPES) if family == 4 else (_ICMP6, ICMP6_TYPES)
    if kind not in types or code >= ICMP_CODES:
        return NO_SIGNAL
    return base + (types.index(kind) * ICMP_CODES + code) * 2 + from_target


def icmp_signals(is_v4: Mask, kind: U8, code: U8, from_target: Mask) -> U16:
    """Return the signals of ICMP errors, columns of equal length."""
    slot = np.where(is_v4, _SLOTS4[kind], _SLOTS6[kind]).astype(np.int32)
    base = np.where(is_v4, _ICMP4, _ICMP6)
    signal = base + (slot * ICMP_CODES + code) * 2 + from_target
    known = (slot != _SLOT_ABSENT) & (code < ICMP_CODES)
    return np.where(known, signal, NO_SIGNAL).astype(np.uint16)


def errno_signal(number: int) -> int:
    """Return the signal of a socket's outcome; 0 is success."""
    return _ERRNO + number if 0 <= number < ERRNOS else NO_SIGNAL


def errno_signals(numbers: np.ndarray[tuple[int], np.dtype[np.int32]]) -> U16:
    """Return the signals of a column of errnos."""
    known = (numbers >= 0) & (numbers < ERRNOS)
    return np.where(known, _ERRNO + numbers, NO_SIGNAL).astype(np.uint16)
