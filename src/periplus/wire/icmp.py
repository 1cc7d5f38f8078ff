"""Questions by ICMP as frames: echo, timestamp and address mask (RFC 792, RFC 950), ICMPv6's echo (RFC 4443).

The cookie stands where the answer must give it back: the first four bytes of an echo's data, the originate timestamp;
an address mask request has room for half of it only, in its sequence number. The sequence number is the low half in
all of them, and the identifier is what a port is elsewhere. On IPv6 lanes an echo is ICMPv6's.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import I64, U8
from periplus.wire.checksum import finish, partial_sum
from periplus.wire.headers import PROTOCOL_ICMP, PROTOCOL_ICMP6, pseudo_sum
from periplus.wire.ipframes import IpFrames
from periplus.wire.lane import Lane
from periplus.wire.question import Questions
from periplus.wire.shape import PLAIN, Shape

__all__ = ["ADDRESS_MASK", "ECHO", "TIMESTAMP", "IcmpMaker", "IcmpProbe"]

ECHO = 8
TIMESTAMP = 13
ADDRESS_MASK = 17

_ECHO6 = 128
_BEHIND = {ECHO: 4, TIMESTAMP: 8, ADDRESS_MASK: 0}  # bytes behind the place of the number
_FIELDS = {"icmp_checksum": (">u2", 2), "identifier": (">u2", 4), "sequence": (">u2", 6)}
_NUMBER = {"number": (">u4", 8)}


@dataclass(frozen=True, slots=True)
class IcmpProbe:
    """What a question looks like: its type. Only an echo can be asked by IPv6 as well."""

    question: int

    def __post_init__(self) -> None:
        if self.question not in _BEHIND:
            raise ValueError(f"ICMP type {self.question} is no question that is asked here")

    @property
    def protocol(self) -> int:
        """ICMP's number, which stands for ICMPv6's too."""
        return PROTOCOL_ICMP

    def maker(self, lane: Lane, shape: Shape) -> "IcmpMaker":
        """Return what makes its frames on that lane."""
        return IcmpMaker(lane, self, shape)


class IcmpMaker:
    """Makes the frames of one question on one lane."""

    __slots__ = ("_frames", "_icmp_sum", "_numbered", "_shape")

    def __init__(self, lane: Lane, probe: IcmpProbe, shape: Shape = PLAIN) -> None:
        if not lane.is_v4 and probe.question != ECHO:
            raise ValueError(f"ICMPv6 has no question of type {probe.question}")
        kind, protocol = (probe.question, PROTOCOL_ICMP) if lane.is_v4 else (_ECHO6, PROTOCOL_ICMP6)
        message = bytes([kind]) + bytes(7 + 4 + _BEHIND[probe.question]) + shape.data
        self._shape = shape
        self._numbered = probe.question != ADDRESS_MASK
        fields = _FIELDS | _NUMBER if self._numbered else _FIELDS
        self._frames = IpFrames(lane, protocol, message, fields, shape.ttl)
        self._icmp_sum = partial_sum(message)
        if not lane.is_v4:
            self._icmp_sum += pseudo_sum(lane.ip_me, PROTOCOL_ICMP6, len(message))
        # ICMPv6's checksum covers a pseudo header (RFC 4443 section 2.3), ICMP's does not.

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return one array of frames for all questions; errors as `IpFrames.copies`."""
        frames, cells, sums = self._frames.copies(questions.them, questions.ip_id, questions.mac_them)
        low = (questions.number & np.uint32(0xFFFF)).astype(np.uint16)
        cells["identifier"] = questions.port_me
        cells["sequence"] = low
        total = questions.port_me.astype(np.uint64) + low + np.uint64(self._icmp_sum)
        if not self._frames.is_v4:
            total += sums
        if self._numbered:
            cells["number"] = questions.number
            total += questions.number
        cells["icmp_checksum"] = self._shape.checked(finish(total))
        return [(frames, np.arange(len(frames)))]
