"""Reading IP headers by columns, wherever in a packet they stand: outermost, or quoted by an ICMP error.

Every header of IPv4, IPv6, TCP and ICMP starts on a 4-byte border and is read in 32-bit words. A batch is
one long row of words, so a header is found by the number of its first word, and a field of all packets is one
gather. A header that is cut short makes us read a neighbour's words: harmless, since the row is blamed
then and its values are never used; past the end of the batch the last word is read again.

An IPv6 packet may end where an extension header should begin. Then that header's number is its protocol: so look
the probes that ask for such a protocol and nothing else.

Sources: RFC 791; RFC 8200 with its extension headers, of which at most `CHAIN_MAX` are followed (a limit of
this kind is what RFC 8504 section 5.3 advises).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from periplus.columns import I64, U8, U16, U32, U64, Mask
from periplus.space.address import Addresses
from periplus.wire.headers import IP4_LENGTH, IP6_LENGTH, PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP
from periplus.wire.problem import Problem, blame

__all__ = ["CHAIN_MAX", "HAS_PORTS", "Network", "Words", "choice", "read_network_untrusted", "word"]

Words = NDArray[np.uint32]
"""All packets of a batch, one after the other, as big-endian words."""

CHAIN_MAX = 8
"""Extension headers followed before a packet is given up."""

_FRAGMENT = 44
_FRAGMENT_LENGTH = 8
_IP4_OFFSET = 0x1FFF  # of word 1
_IP6_OFFSET = 0xFFF8  # of word 0 of a fragment header


def choice(*members: int) -> Mask:
    """A read-only table of 256 answers: is the byte one of the members?"""
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    table.setflags(write=False)
    return table


HAS_PORTS = choice(PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP)
_IS_EXTENSION = choice(0, 43, _FRAGMENT, 60)  # hop-by-hop, routing, fragment, destination options


class Network(NamedTuple):
    """IP headers as columns. Values of a row with a problem mean nothing.

    problem u1; protocol u1: what follows the last header; at i8: the word at which that starts; room i8:
    bytes from there to the end of what was given; declared i8: bytes of the whole packet by its own
    account; length i8: bytes of all headers; ttl u1: or hop limit; ident u2: IPv4's identification, or the
    low half of IPv6's flow label.
    """

    problem: U8
    protocol: U8
    at: I64
    room: I64
    declared: I64
    length: I64
    ttl: U8
    ident: U16
    source: Addresses
    destination: Addresses


def word(words: Words, at: I64, offset: int = 0) -> U32:
    """Word `at + offset` of every row, in host order; clipped to the end of the batch."""
    return words[offset:].take(at, mode="clip").astype(np.uint32)


def read_network_untrusted(words: Words, at: I64, room: I64, is_v4: Mask) -> Network:
    """The IP headers at words `at`, `room` bytes each, of the family expected there. Never raises."""
    if is_v4.all():
        return _read4(words, at, room)
    if not is_v4.any():
        return _read6(words, at, room)
    both = _read4(words, at, room)
    rows = np.flatnonzero(~is_v4)
    v6 = _read6(words, at[rows], room[rows])
    for column, values in zip(_columns(both), _columns(v6), strict=True):
        column[rows] = values
    return both


def _read4(words: Words, at: I64, room: I64) -> Network:
    first = word(words, at)
    second, third = word(words, at, 1), word(words, at, 2)
    length = ((first >> 22) & 0x3C).astype(np.int64)  # header length in words, times four
    problem = np.zeros(len(at), np.uint8)
    blame(problem, room < IP4_LENGTH, Problem.TRUNCATED)
    blame(problem, (first >> 28) != 4, Problem.BAD_VERSION)
    blame(problem, length < IP4_LENGTH, Problem.BAD_HEADER_LENGTH)
    blame(problem, length > room, Problem.TRUNCATED)
    blame(problem, (second & _IP4_OFFSET) != 0, Problem.FRAGMENT)
    return Network(
        problem=problem,
        protocol=(third >> 16).astype(np.uint8),
        at=at + (length >> 2),
        room=room - length,
        declared=(first & 0xFFFF).astype(np.int64),
        length=length,
        ttl=(third >> 24).astype(np.uint8),
        ident=(second >> 16).astype(np.uint16),
        source=Addresses.of_v4(word(words, at, 3)),
        destination=Addresses.of_v4(word(words, at, 4)),
    )


def _read6(words: Words, at: I64, room: I64) -> Network:
    first, second = word(words, at), word(words, at, 1)
    problem = np.zeros(len(at), np.uint8)
    blame(problem, room < IP6_LENGTH, Problem.TRUNCATED)
    blame(problem, (first >> 28) != 6, Problem.BAD_VERSION)
    protocol = (second >> 8).astype(np.uint8)
    length = np.full(len(at), IP6_LENGTH)
    _follow_chain(words, at, room, problem, protocol, length)
    return Network(
        problem=problem,
        protocol=protocol,
        at=at + (length >> 2),
        room=room - length,
        declared=(second >> 16).astype(np.int64) + IP6_LENGTH,
        length=length,
        ttl=second.astype(np.uint8),
        ident=first.astype(np.uint16),
        source=Addresses(_double(words, at, 2), _double(words, at, 4)),
        destination=Addresses(_double(words, at, 6), _double(words, at, 8)),
    )


def _follow_chain(words: Words, at: I64, room: I64, problem: U8, protocol: U8, length: I64) -> None:
    """Step over extension headers, one from every packet at a time; changes the last three columns."""
    for _ in range(CHAIN_MAX):
        rows = np.flatnonzero(_IS_EXTENSION[protocol] & (problem == Problem.OK) & (length != room))
        if not len(rows):
            return
        first = word(words, at[rows] + (length[rows] >> 2))
        is_fragment = protocol[rows] == _FRAGMENT
        length[rows] += np.where(is_fragment, _FRAGMENT_LENGTH, ((first >> 13) & 0x7F8) + 8)
        protocol[rows] = (first >> 24).astype(np.uint8)
        found = np.zeros(len(rows), np.uint8)
        blame(found, length[rows] > room[rows], Problem.TRUNCATED)
        blame(found, is_fragment & ((first & _IP6_OFFSET) != 0), Problem.FRAGMENT)
        problem[rows] = found
    blame(problem, _IS_EXTENSION[protocol] & (length != room), Problem.TOO_MANY_HEADERS)


def _double(words: Words, at: I64, offset: int) -> U64:
    high = word(words, at, offset).astype(np.uint64)
    return (high << np.uint64(32)) | word(words, at, offset + 1)


def _columns(network: Network) -> list[NDArray[Any]]:
    source, destination = network.source, network.destination
    return [*network[:-2], source.hi, source.lo, destination.hi, destination.lo]
