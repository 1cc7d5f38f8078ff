"""SYN-ACKs as columns: what tells stacks apart in the answer to a plain SYN.

Read are the fields of IP and TCP headers (RFC 791, RFC 8200, RFC 9293) and TCP options with their order. Options are
stepped over one from every packet at a time, at most `MOST_OPTIONS`; what is damaged ends them.

The order is a row of digits of four bits (`Option`), the first option the highest: one number a packet.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from periplus.columns import I64, U8, U16, U64, Mask
from periplus.wire.headers import ETHERTYPE_IP6, PROTOCOL_TCP, TCP_LENGTH
from periplus.wire.network import read_network_untrusted, word
from periplus.wire.packets import Packets
from periplus.wire.problem import Problem
from periplus.wire.table import Table

__all__ = ["MOST_OPTIONS", "NO_SCALE", "Option", "SynAcks", "order_of", "syn_acks_untrusted"]

MOST_OPTIONS = 16
NO_SCALE = 255
_DF = 0x4000
_SYN_ACK, _DECIDING = 0x12, 0x17  # of the flags: FIN, SYN, RST, ACK


class Option(IntEnum):
    """A digit of an order: what an option is."""

    NOP = 1
    SIZE = 2
    SCALE = 3
    SACK = 4
    STAMP = 5
    END = 6
    OTHER = 7


def _by_kind(values: dict[int, int], other: int) -> U8:
    table = np.full(256, other, np.uint8)
    table[list(values)] = list(values.values())
    table.setflags(write=False)
    return table


_END, _NOP, _SIZE, _SCALE, _SACK, _STAMP = 0, 1, 2, 3, 4, 8
_DIGIT = _by_kind(
    {
        _END: Option.END,
        _NOP: Option.NOP,
        _SIZE: Option.SIZE,
        _SCALE: Option.SCALE,
        _SACK: Option.SACK,
        _STAMP: Option.STAMP,
    },
    Option.OTHER,
)
_LENGTH = _by_kind({_SIZE: 4, _SCALE: 3, _SACK: 2, _STAMP: 10}, 0)  # 0: any


@dataclass(frozen=True, slots=True, eq=False)
class SynAcks(Table):
    """n packets, of which those that are no SYN-ACK are zero but for `scale`.

    port u2: theirs; ttl u1 as received; tos u1: or traffic class; df: of IPv4; ip_id u2: IPv4's identification,
    else 0; flags u1; window u2; mss u2, 0: none; scale u1, `NO_SCALE`: none; order u8: see the module; is_v4.
    """

    port: U16
    ttl: U8
    tos: U8
    df: Mask
    ip_id: U16
    flags: U8
    window: U16
    mss: U16
    scale: U8
    order: U64
    is_v4: Mask

    @property
    def valid(self) -> Mask:
        """Which rows are SYN-ACKs."""
        valid: Mask = self.flags & _DECIDING == _SYN_ACK
        return valid


def syn_acks_untrusted(packets: Packets) -> SynAcks:
    """A row for every packet, whatever its bytes. Never raises."""
    words, begins, is_v4 = packets.words, packets.begins, packets.ethertype != ETHERTYPE_IP6
    length = packets.length.astype(np.int64)
    outer = read_network_untrusted(words, begins, length, is_v4)
    room = np.minimum(length, outer.declared) - outer.length
    fourth = word(words, outer.at, 3)
    header = ((fourth >> 26) & 0x3C).astype(np.int64)
    flags = (fourth >> 16).astype(np.uint8)
    fine = (outer.problem == Problem.OK) & (outer.protocol == PROTOCOL_TCP)
    fine &= (header >= TCP_LENGTH) & (header <= room) & (flags & _DECIDING == _SYN_ACK)
    first, second = word(words, begins), word(words, begins, 1)
    at = outer.at * 4
    mss, scale, order = _options(packets.data, at + TCP_LENGTH, np.where(fine, at + header, 0))
    none = np.zeros(len(packets), np.uint16)
    return SynAcks(
        port=np.where(fine, word(words, outer.at) >> 16, none).astype(np.uint16),
        ttl=np.where(fine, outer.ttl, none).astype(np.uint8),
        tos=np.where(fine, np.where(is_v4, first >> 16, first >> 20) & 0xFF, none).astype(np.uint8),
        df=fine & is_v4 & (second & _DF != 0),
        ip_id=np.where(fine & is_v4, outer.ident, none),
        flags=np.where(fine, flags, none).astype(np.uint8),
        window=np.where(fine, fourth & 0xFFFF, none).astype(np.uint16),
        mss=mss,
        scale=scale,
        order=order,
        is_v4=fine & is_v4,
    )


def _options(data: U8, at: I64, end: I64) -> tuple[U16, U8, U64]:
    """Size, scale and order of the options from byte `at` to byte `end` of all rows together."""
    flat, at = data.ravel(), at.copy()
    mss, order = np.zeros(len(at), np.uint16), np.zeros(len(at), np.uint64)
    scale = np.full(len(at), NO_SCALE, np.uint8)
    rows = np.flatnonzero(at < end)
    for _ in range(MOST_OPTIONS):
        here, kind, size = _one(flat, at[rows], end[rows])
        whole = size > 0
        rows, here, kind, size = rows[whole], here[whole], kind[whole], size[whole]
        if not len(rows):
            break
        order[rows] = order[rows] << np.uint64(4) | _DIGIT[kind]
        sized = (kind == _SIZE) & (mss[rows] == 0)
        high, low = flat[here[sized] + 2].astype(np.uint16), flat[here[sized] + 3]
        mss[rows[sized]] = high << 8 | low
        scaled = (kind == _SCALE) & (scale[rows] == NO_SCALE)
        scale[rows[scaled]] = flat[here[scaled] + 2]
        at[rows] = here + size
        rows = rows[(kind != _END) & (at[rows] < end[rows])]
    return mss, scale, order


def _one(flat: U8, at: I64, end: I64) -> tuple[I64, U8, I64]:
    """Where an option is, its kind and size; size 0: it is damaged."""
    kind = flat[at]
    said = np.where(at + 1 < end, flat.take(at + 1, mode="clip"), 0).astype(np.int64)
    wrong = (said < 2) | (at + said > end) | ((_LENGTH[kind] > 0) & (_LENGTH[kind] != said))
    return at, kind, np.where(kind <= _NOP, 1, np.where(wrong, 0, said))


def order_of(number: int) -> tuple[Option, ...]:
    """The options of one packet, the first first."""
    digits = f"{number:x}" if number else ""
    return tuple(Option(int(digit)) for digit in digits)
