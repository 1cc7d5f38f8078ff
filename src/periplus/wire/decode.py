"""From packets to replies: columns of what came back, whether it is TCP or an ICMP error about our TCP.

Every packet gets a row. A row either has a kind, and then all its columns hold what the packet says, or a
problem, and then all others but `time_us` are zero. An ICMP error is turned round: it reports on the probe it
quotes, so the quoted destination is "them" and the quoted source is "me", and its row looks as if the probed
host had answered, save for `kind`, `sender` and the ICMP columns. Routers quote as little as eight bytes of
TCP (RFC 792: "internet header plus the first 64 bits"), so eight suffice: both ports and our sequence number.
Whether a row belongs to a probe of ours is not judged here; that takes the cookie.

Checksums are not verified. The network card or kernel has done so, or has rightly left them out (offloads
leave them unfinished on virtual links), and against forgers only the cookie helps. IPv6 headers are
followed as `network` says. TCP options are not read, ICMP extensions (RFC 4884) neither.
"""

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from periplus.columns import I64, U8, U16, U32, Mask
from periplus.space.address import Addresses
from periplus.wire.headers import (
    ETHERTYPE_IP4,
    ETHERTYPE_IP6,
    PROTOCOL_ICMP,
    PROTOCOL_ICMP6,
    PROTOCOL_TCP,
    TCP_LENGTH,
)
from periplus.wire.network import Network, Words, choice, read_network_untrusted, word
from periplus.wire.packets import WIDTH, Packets
from periplus.wire.problem import Problem, blame
from periplus.wire.table import Table

__all__ = ["Decoded", "Kind", "Problem", "decode_untrusted"]

_ICMP_LENGTH = 8
_QUOTED_BYTES = 8
_WORDS = WIDTH // 4

# RFC 792: unreachable, time exceeded, parameter problem. RFC 4443: unreachable, too big, exceeded, parameter.
_IS_ERROR_4 = choice(3, 11, 12)
_IS_ERROR_6 = choice(1, 2, 3, 4)

_KEPT = ("problem", "time_us")  # the columns that a row with a problem still fills


def _in_a_quote() -> U8:
    """What each problem of a header becomes when the header is a quoted one."""
    table = np.arange(len(Problem), dtype=np.uint8)
    table[Problem.BAD_VERSION : Problem.TOO_MANY_HEADERS + 1] = Problem.BAD_QUOTE
    table[Problem.TRUNCATED] = Problem.QUOTE_TOO_SHORT
    table.setflags(write=False)
    return table


_IN_A_QUOTE = _in_a_quote()


class Kind(IntEnum):
    """What a kind column holds."""

    NONE = 0
    TCP = 1
    ICMP_ERROR = 2


@dataclass(frozen=True, slots=True, eq=False)
class Decoded(Table):
    """Packets as n rows; see the module for what a row means.

    problem u1 (`Problem`), kind u1 (`Kind`); them: the probed address; sender: IP source; me: our address;
    port_them, port_me u2; seq, ack u4: of their segment (of an ICMP error: our quoted number, and 0);
    flags u1, window u2: of their segment (else 0); ttl u1: as received; icmp_type, icmp_code u1 (TCP: 0);
    is_v4; time_us i8: monotonic clock.
    """

    problem: U8
    kind: U8
    them: Addresses
    sender: Addresses
    me: Addresses
    port_them: U16
    port_me: U16
    seq: U32
    ack: U32
    flags: U8
    window: U16
    ttl: U8
    icmp_type: U8
    icmp_code: U8
    is_v4: Mask
    time_us: I64


def decode_untrusted(packets: Packets) -> Decoded:
    """A row for every packet, whatever its bytes. Never raises."""
    words = packets.data.view(">u4").ravel()
    is_v4 = packets.ethertype != ETHERTYPE_IP6
    outer = _outer(words, packets, is_v4)
    is_icmp = outer.protocol == np.where(is_v4, PROTOCOL_ICMP, PROTOCOL_ICMP6).astype(np.uint8)
    is_tcp = outer.protocol == PROTOCOL_TCP
    blame(outer.problem, ~(is_icmp | is_tcp), Problem.UNHANDLED_PROTOCOL)
    decoded = _tcp(words, outer, is_tcp, is_v4, packets.time_us)
    rows = np.flatnonzero(is_icmp & (outer.problem == Problem.OK))
    if len(rows):
        _put_icmp(decoded, rows, words, outer)
    bad = np.flatnonzero(decoded.problem)
    if len(bad):
        _clear(decoded, bad)
    return decoded


def _outer(words: Words, packets: Packets, is_v4: Mask) -> Network:
    """The outermost headers, with lengths checked against what was captured."""
    length = packets.length.astype(np.int64)
    start = np.arange(0, len(words), _WORDS)
    outer = read_network_untrusted(words, start, length, is_v4)
    is_ip = ~is_v4 | (packets.ethertype == ETHERTYPE_IP4)
    outer.problem[~is_ip] = Problem.NOT_IP
    blame(outer.problem, outer.declared < outer.length, Problem.BAD_HEADER_LENGTH)
    blame(outer.problem, (outer.declared > length) & (length < WIDTH), Problem.TRUNCATED)
    # Bytes behind the declared end are the padding of short Ethernet frames.
    return outer._replace(room=np.minimum(length, outer.declared) - outer.length)


def _tcp(words: Words, outer: Network, is_tcp: Mask, is_v4: Mask, time_us: I64) -> Decoded:
    """Rows of all packets, read as if they were TCP."""
    fourth = word(words, outer.at, 3)
    length = (fourth >> 26) & 0x3C  # data offset in words, times four
    blame(outer.problem, is_tcp & (outer.room < TCP_LENGTH), Problem.TRUNCATED)
    wrong = (length < TCP_LENGTH) | (length > outer.declared - outer.length)
    blame(outer.problem, is_tcp & wrong, Problem.BAD_HEADER_LENGTH)
    ports = word(words, outer.at)
    n = len(is_tcp)
    return Decoded(
        problem=outer.problem,
        kind=np.full(n, Kind.TCP, np.uint8),
        them=outer.source,
        sender=Addresses(outer.source.hi.copy(), outer.source.lo.copy()),
        me=outer.destination,
        port_them=(ports >> 16).astype(np.uint16),
        port_me=ports.astype(np.uint16),
        seq=word(words, outer.at, 1),
        ack=word(words, outer.at, 2),
        flags=(fourth >> 16).astype(np.uint8),
        window=fourth.astype(np.uint16),
        ttl=outer.ttl,
        icmp_type=np.zeros(n, np.uint8),
        icmp_code=np.zeros(n, np.uint8),
        is_v4=is_v4,
        time_us=time_us,
    )


def _put_icmp(decoded: Decoded, rows: I64, words: Words, outer: Network) -> None:
    """Overwrite the rows of ICMP messages by what their quotes say."""
    at, room, is_v4 = outer.at[rows], outer.room[rows], decoded.is_v4[rows]
    message = word(words, at)
    icmp_type = (message >> 24).astype(np.uint8)
    quote = read_network_untrusted(words, at + _ICMP_LENGTH // 4, room - _ICMP_LENGTH, is_v4)
    problem = np.zeros(len(rows), np.uint8)
    blame(problem, room < _ICMP_LENGTH, Problem.TRUNCATED)
    blame(problem, ~np.where(is_v4, _IS_ERROR_4[icmp_type], _IS_ERROR_6[icmp_type]), Problem.UNHANDLED_ICMP)
    np.copyto(problem, _IN_A_QUOTE[quote.problem], where=problem == Problem.OK)
    blame(problem, quote.protocol != PROTOCOL_TCP, Problem.UNHANDLED_QUOTE)
    blame(problem, quote.room < _QUOTED_BYTES, Problem.QUOTE_TOO_SHORT)
    ports = word(words, quote.at)
    _put(decoded.them, rows, quote.destination)
    _put(decoded.me, rows, quote.source)
    decoded.problem[rows] = problem
    decoded.kind[rows] = Kind.ICMP_ERROR
    decoded.port_me[rows] = (ports >> 16).astype(np.uint16)
    decoded.port_them[rows] = ports.astype(np.uint16)
    decoded.seq[rows] = word(words, quote.at, 1)
    decoded.icmp_type[rows] = icmp_type
    decoded.icmp_code[rows] = (message >> 16).astype(np.uint8)
    for column in (decoded.ack, decoded.flags, decoded.window):
        column[rows] = 0


def _put(column: Addresses, rows: I64, values: Addresses) -> None:
    column.hi[rows] = values.hi
    column.lo[rows] = values.lo


def _clear(decoded: Decoded, rows: I64) -> None:
    """Make all columns zero in the rows of packets with a problem, but for the problem and the time."""
    for field in fields(decoded):
        values = getattr(decoded, field.name)
        parts = (values.hi, values.lo) if isinstance(values, Addresses) else (values,)
        for part in parts if field.name not in _KEPT else ():
            part[rows] = 0
