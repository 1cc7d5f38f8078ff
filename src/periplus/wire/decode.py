"""From packets to replies: columns of what came back, whether it is an answer or an ICMP error about our probe.

Every packet gets a row. A row either has a kind, and then all its columns hold what the packet says, or a
problem, and then all others but `time_us` and `row` are zero. An ICMP error is turned round: it reports on the probe
it quotes, so the quoted destination is "them" and the quoted source is "me", and its row looks as if the probed
host had answered, save for `kind`, `sender` and the ICMP columns. Routers quote as little as eight bytes behind
the IP header (RFC 792: "internet header plus the first 64 bits"), so eight suffice: both ports, and TCP's number.
Whether a row belongs to a probe of ours is not judged here; that takes the cookie.

Not every protocol has ports. What stands in their place: for ICMP the type of the question (an echo reply has 8,
as has an error about an echo, and ICMPv6's too, whose own number is 128) and its identifier; for protocols that
we know nothing of, zeros.

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
    PROTOCOL_SCTP,
    PROTOCOL_TCP,
    PROTOCOL_UDP,
    TCP_LENGTH,
)
from periplus.wire.network import HAS_PORTS, Network, Words, choice, read_network_untrusted, word
from periplus.wire.packets import Packets
from periplus.wire.problem import Problem, blame
from periplus.wire.table import Table

__all__ = ["Decoded", "Kind", "Problem", "decode_untrusted"]

_ICMP_LENGTH = 8
_ICMP_REPLY_LENGTH = 12  # identifier, sequence number, and at least four bytes more
_UDP_LENGTH = 8
_SCTP_LENGTH = 16  # the common header and that of a chunk
_QUOTED_BYTES = 8

# RFC 792: unreachable, time exceeded, parameter problem. RFC 4443: unreachable, too big, exceeded, parameter.
_IS_ERROR_4 = choice(3, 11, 12)
_IS_ERROR_6 = choice(1, 2, 3, 4)

_MASK_REPLY = 18
_ECHO, _ECHO6 = 8, 128


def _questions(replies: dict[int, int]) -> U8:
    """What each type of ICMP message answers; 0 for those that answer nothing of ours."""
    table = np.zeros(256, np.uint8)
    table[list(replies)] = list(replies.values())
    table.setflags(write=False)
    return table


# RFC 792: echo and timestamp; RFC 950: address mask; RFC 4443: echo.
_QUESTION_4 = _questions({0: 8, 14: 13, _MASK_REPLY: 17})
_QUESTION_6 = _questions({129: 8})

_KEPT = ("problem", "time_us", "row")  # the columns that a row with a problem still fills


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
    ICMP_REPLY = 3
    UDP = 4
    SCTP = 5
    OTHER = 6


@dataclass(frozen=True, slots=True, eq=False)
class Decoded(Table):
    """Packets as n rows; see the module for what a row means.

    problem u1 (`Problem`), kind u1 (`Kind`); protocol u1: theirs, or the quoted probe's; them: the probed
    address; sender: IP source; me: our address; port_them, port_me u2 (see the module); ip_id u2: IPv4's
    identification, or the low half of IPv6's flow label, of an error the quoted one;
    seq, ack u4: of a TCP segment (quoted: the number, and 0); of an ICMP reply the first four bytes behind its
    header, or an address mask reply's sequence number, and 0; of SCTP 0 and the verification tag; of a datagram its
    first four bytes, zeros for those that it has not, and 0;
    flags u1, window u2: of a TCP segment; of SCTP the type and the flags of the first chunk; else 0;
    ttl u1: as received; icmp_type, icmp_code u1 (else 0); is_v4; time_us i8: monotonic clock;
    row i8: the packet's place in its batch.
    """

    problem: U8
    kind: U8
    protocol: U8
    them: Addresses
    sender: Addresses
    me: Addresses
    port_them: U16
    port_me: U16
    ip_id: U16
    seq: U32
    ack: U32
    flags: U8
    window: U16
    ttl: U8
    icmp_type: U8
    icmp_code: U8
    is_v4: Mask
    time_us: I64
    row: I64


def decode_untrusted(packets: Packets) -> Decoded:
    """A row for every packet, whatever its bytes. Never raises."""
    words = packets.words
    is_v4 = packets.ethertype != ETHERTYPE_IP6
    outer = _outer(words, packets, is_v4)
    is_icmp = outer.protocol == np.where(is_v4, PROTOCOL_ICMP, PROTOCOL_ICMP6).astype(np.uint8)
    is_tcp = outer.protocol == PROTOCOL_TCP
    decoded = _tcp(words, outer, is_tcp, is_v4, packets.time_us)
    if not is_tcp.all():
        _put_others(decoded, words, outer, is_tcp, is_icmp)
    bad = np.flatnonzero(decoded.problem)
    if len(bad):
        _clear(decoded, bad)
    return decoded


def _outer(words: Words, packets: Packets, is_v4: Mask) -> Network:
    """The outermost headers, with lengths checked against what was captured."""
    length = packets.length.astype(np.int64)
    outer = read_network_untrusted(words, packets.begins, length, is_v4)
    is_ip = ~is_v4 | (packets.ethertype == ETHERTYPE_IP4)
    outer.problem[~is_ip] = Problem.NOT_IP
    blame(outer.problem, outer.declared < outer.length, Problem.BAD_HEADER_LENGTH)
    blame(outer.problem, (outer.declared > length) & (length < packets.width), Problem.TRUNCATED)
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
        protocol=outer.protocol,
        them=outer.source,
        sender=Addresses(outer.source.hi.copy(), outer.source.lo.copy()),
        me=outer.destination,
        port_them=(ports >> 16).astype(np.uint16),
        port_me=ports.astype(np.uint16),
        ip_id=outer.ident,
        seq=word(words, outer.at, 1),
        ack=word(words, outer.at, 2),
        flags=(fourth >> 16).astype(np.uint8),
        window=fourth.astype(np.uint16),
        ttl=outer.ttl,
        icmp_type=np.zeros(n, np.uint8),
        icmp_code=np.zeros(n, np.uint8),
        is_v4=is_v4,
        time_us=time_us,
        row=np.arange(n),
    )


def _put_others(decoded: Decoded, words: Words, outer: Network, is_tcp: Mask, is_icmp: Mask) -> None:
    """Overwrite the rows that are not TCP."""
    readable = (outer.problem == Problem.OK) & ~is_tcp
    is_udp = readable & (outer.protocol == PROTOCOL_UDP)
    is_sctp = readable & (outer.protocol == PROTOCOL_SCTP)
    is_icmp = is_icmp & readable
    parts = ((is_udp, _put_udp), (is_sctp, _put_sctp), (is_icmp, _put_icmp))
    for which, put in (*parts, (readable & ~is_udp & ~is_sctp & ~is_icmp, _put_unknown)):
        rows = np.flatnonzero(which)
        if len(rows):
            for column in (decoded.seq, decoded.ack, decoded.flags, decoded.window):
                column[rows] = 0
            put(decoded, rows, words, outer)


def _put_udp(decoded: Decoded, rows: I64, words: Words, outer: Network) -> None:
    room = outer.room[rows] - _UDP_LENGTH
    missing = np.clip(4 - room, 0, 4).astype(np.uint64) * 8
    head = word(words, outer.at[rows], 2).astype(np.uint64)
    decoded.kind[rows] = Kind.UDP
    decoded.problem[rows] = np.where(room < 0, Problem.TRUNCATED, Problem.OK)
    decoded.seq[rows] = head >> missing << missing


def _put_sctp(decoded: Decoded, rows: I64, words: Words, outer: Network) -> None:
    chunk = word(words, outer.at[rows], 3)
    decoded.kind[rows] = Kind.SCTP
    decoded.problem[rows] = np.where(outer.room[rows] < _SCTP_LENGTH, Problem.TRUNCATED, Problem.OK)
    decoded.ack[rows] = word(words, outer.at[rows], 1)
    decoded.flags[rows] = (chunk >> 24).astype(np.uint8)
    decoded.window[rows] = (chunk >> 16) & 0xFF


def _put_unknown(decoded: Decoded, rows: I64, words: Words, outer: Network) -> None:
    decoded.kind[rows] = Kind.OTHER
    decoded.port_them[rows] = decoded.port_me[rows] = 0


def _put_icmp(decoded: Decoded, rows: I64, words: Words, outer: Network) -> None:
    """Replies to our questions, and errors."""
    message = word(words, outer.at[rows])
    icmp_type, is_v4 = (message >> 24).astype(np.uint8), decoded.is_v4[rows]
    decoded.icmp_type[rows] = icmp_type
    decoded.icmp_code[rows] = (message >> 16).astype(np.uint8)
    question = np.where(is_v4, _QUESTION_4[icmp_type], _QUESTION_6[icmp_type])
    answers = question > 0
    if answers.any():
        _put_replies(decoded, rows[answers], question[answers], words, outer)
    if not answers.all():
        _put_errors(decoded, rows[~answers], words, outer)


def _put_replies(decoded: Decoded, rows: I64, question: U8, words: Words, outer: Network) -> None:
    at = outer.at[rows]
    second = word(words, at, 1)
    sequence = second & 0xFFFF
    short = outer.room[rows] < _ICMP_REPLY_LENGTH
    decoded.problem[rows] = np.where(short, Problem.TRUNCATED, Problem.OK)
    decoded.kind[rows] = Kind.ICMP_REPLY
    decoded.port_them[rows] = question
    decoded.port_me[rows] = (second >> 16).astype(np.uint16)
    is_mask = decoded.icmp_type[rows] == _MASK_REPLY
    decoded.seq[rows] = np.where(is_mask, sequence, word(words, at, 2))


def _put_errors(decoded: Decoded, rows: I64, words: Words, outer: Network) -> None:
    """Overwrite the rows of ICMP errors by what their quotes say."""
    at, room, is_v4 = outer.at[rows], outer.room[rows], decoded.is_v4[rows]
    icmp_type = decoded.icmp_type[rows]
    quote = read_network_untrusted(words, at + _ICMP_LENGTH // 4, room - _ICMP_LENGTH, is_v4)
    has_ports = HAS_PORTS[quote.protocol]
    is_icmp = quote.protocol == np.where(is_v4, PROTOCOL_ICMP, PROTOCOL_ICMP6)
    problem = np.zeros(len(rows), np.uint8)
    blame(problem, room < _ICMP_LENGTH, Problem.TRUNCATED)
    blame(problem, ~np.where(is_v4, _IS_ERROR_4[icmp_type], _IS_ERROR_6[icmp_type]), Problem.UNHANDLED_ICMP)
    np.copyto(problem, _IN_A_QUOTE[quote.problem], where=problem == Problem.OK)
    blame(problem, (has_ports | is_icmp) & (quote.room < _QUOTED_BYTES), Problem.QUOTE_TOO_SHORT)
    first, second = word(words, quote.at), word(words, quote.at, 1)
    _put(decoded.them, rows, quote.destination)
    _put(decoded.me, rows, quote.source)
    decoded.problem[rows] = problem
    decoded.kind[rows] = Kind.ICMP_ERROR
    decoded.protocol[rows] = quote.protocol
    decoded.ip_id[rows] = quote.ident
    decoded.port_me[rows] = np.where(has_ports, first >> 16, np.where(is_icmp, second >> 16, 0))
    question = first >> 24
    question[(quote.protocol == PROTOCOL_ICMP6) & (question == _ECHO6)] = _ECHO
    decoded.port_them[rows] = np.where(has_ports, first & 0xFFFF, np.where(is_icmp, question, 0))
    decoded.seq[rows] = np.where(quote.protocol == PROTOCOL_TCP, second, 0)


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
