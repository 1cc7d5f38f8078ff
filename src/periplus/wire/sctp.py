"""SCTP probes as frames (RFC 9260): an INIT, or a COOKIE ECHO for an association that there is not.

A common header of 12 bytes and one chunk. An INIT's receiver answers under our initiate tag, with INIT ACK
or ABORT; a COOKIE ECHO under an unknown verification tag is dropped by who listens, for its cookie is not
theirs, and answered by the rest with an ABORT that reflects the tag (section 8.4). So the one number that the
caller chooses, `tag`, comes back in the verification tag of every answer. It is also an INIT's initial TSN.

The checksum is a CRC32c over the SCTP packet alone: there is no pseudo header.

Data that the shape adds are padding of RFC 4820: a parameter of the INIT, a chunk behind the COOKIE ECHO, since
loose bytes behind a chunk would be read as one more chunk.

Limit: an INIT's verification tag is zero (section 8.5.1), so of the eight bytes that every ICMP error quotes
only the ports are ours.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import I64, U8, U16, U32
from periplus.space.address import Addresses
from periplus.wire.crc32c import WIRE_FORMAT, crc32c
from periplus.wire.headers import (
    PROTOCOL_SCTP,
    SCTP_CHECKSUM,
    SCTP_CHUNK,
    SCTP_INITIAL_TSN,
    SCTP_INITIATE_TAG,
    SCTP_PORT_ME,
    SCTP_PORT_THEM,
    SCTP_TAG,
)
from periplus.wire.ipframes import IpFrames
from periplus.wire.lane import Lane
from periplus.wire.question import Questions
from periplus.wire.shape import PLAIN, Shape

__all__ = ["COOKIE_ECHO", "INIT", "SctpFrames", "SctpMaker", "SctpProbe", "usable_tag"]

INIT = 1
COOKIE_ECHO = 10

_WINDOW = 1 << 16  # bytes; what we could take in, and far above the minimum of 1,500 (section 6)
_STREAMS_OUT = 10
_STREAMS_IN = 2048
_PAD_PARAMETER = b"\x80\x05"
_PAD_CHUNK = b"\x84\0"
_COOKIE = bytes(4)  # nobody's: a listener authenticates its cookies and drops this one (section 5.1.5)

_FIELDS = {"port_me": (">u2", SCTP_PORT_ME), "port_them": (">u2", SCTP_PORT_THEM)}
# Where the caller's tag goes, by chunk.
_TAGS = {
    INIT: {"initiate_tag": (">u4", SCTP_INITIATE_TAG), "initial_tsn": (">u4", SCTP_INITIAL_TSN)},
    COOKIE_ECHO: {"tag": (">u4", SCTP_TAG)},
}


@dataclass(frozen=True, slots=True)
class SctpProbe:
    """What an SCTP probe looks like: the type of its one chunk, `INIT` or `COOKIE_ECHO`."""

    chunk: int

    def __post_init__(self) -> None:
        if self.chunk not in _TAGS:
            raise ValueError(
                f"SCTP chunk type {self.chunk}: probes are {INIT} (INIT) or {COOKIE_ECHO} (COOKIE ECHO)"
            )

    @property
    def protocol(self) -> int:
        """SCTP's number."""
        return PROTOCOL_SCTP

    def maker(self, lane: Lane, shape: Shape) -> "SctpMaker":
        """Return what makes its frames on that lane."""
        return SctpMaker(SctpFrames(lane, self, shape))

    def packet(self, data: bytes = b"") -> bytes:
        """The common header, the chunk and the padding; ports, tags, initial TSN and checksum are zero."""
        value, behind = _COOKIE, _padding(_PAD_CHUNK, data)
        if self.chunk == INIT:
            streams = _STREAMS_OUT.to_bytes(2) + _STREAMS_IN.to_bytes(2)
            value = bytes(4) + _WINDOW.to_bytes(4) + streams + bytes(4) + _padding(_PAD_PARAMETER, data)
            behind = b""
        return bytes(SCTP_CHUNK) + bytes([self.chunk, 0]) + (4 + len(value)).to_bytes(2) + value + behind


def _padding(kind: bytes, data: bytes) -> bytes:
    """Data as padding of RFC 4820, which ends on a 4-byte border; nothing for no data."""
    whole = data + bytes(-len(data) % 4)
    return kind + (4 + len(whole)).to_bytes(2) + whole if data else b""


def usable_tag(column: U32) -> U32:
    """The tags that stand in the frames for these: 0 becomes 1, all others stay.

    Zero is no tag (section 3.3.2: an INIT with it is discarded) but may come out of a hash. Whoever compares an
    answer's tag with what was sent must apply the same rule.
    """
    return np.maximum(column, np.uint32(1))


class SctpFrames:
    """Makes the frames of one probe on one lane.

    `width` is the length in bytes of every frame.
    """

    __slots__ = ("_frames", "_shape", "_tags", "width")

    def __init__(self, lane: Lane, probe: SctpProbe, shape: Shape = PLAIN) -> None:
        self._shape = shape
        tags = _TAGS[probe.chunk]
        fields = _FIELDS | tags | {"sctp_checksum": (WIRE_FORMAT, SCTP_CHECKSUM)}
        self._frames = IpFrames(lane, PROTOCOL_SCTP, probe.packet(shape.data), fields, shape.ttl)
        self._tags = tuple(tags)
        self.width = self._frames.width

    def build(
        self,
        them: Addresses,
        port_them: U16,
        port_me: U16,
        tag: U32,
        ip_id: U16,
        mac_them: U8 | None = None,
    ) -> U8:
        """The frames of n probes, u1[n, width], contiguous.

        `tag` goes through `usable_tag`. The rest, and the errors, are `IpFrames.copies`'s.
        """
        frames, cells, _ = self._frames.copies(them, ip_id, mac_them)
        cells["port_me"] = port_me
        cells["port_them"] = port_them
        usable = usable_tag(tag)
        for name in self._tags:
            cells[name] = usable
        checksum = crc32c(frames[:, self._frames.payload :])
        cells["sctp_checksum"] = checksum ^ self._shape.bad_sum
        return frames


@dataclass(frozen=True, slots=True)
class SctpMaker:
    """The frames of a probe whose tag is the cookie."""

    frames: SctpFrames

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return one array of frames for all questions."""
        frames = self.frames.build(
            questions.them,
            questions.port_them,
            questions.port_me,
            questions.number,
            questions.ip_id,
            questions.mac_them,
        )
        return [(frames, np.arange(len(frames)))]
