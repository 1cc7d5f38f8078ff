"""UDP probes as frames (RFC 768): one array of frames for each different payload.

A datagram has no room for a number of ours, so the cookie's low half is the IP identification (or the flow label),
which an ICMP error quotes; a datagram in answer is known by its ports alone, and ours are keyed.

The checksum is over a pseudo header and the payload (RFC 768, RFC 8200 section 8.1). One that comes out as zero is
sent as ones, since zero says that there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from periplus.columns import I64, U8
from periplus.wire.checksum import finish, partial_sum
from periplus.wire.headers import PROTOCOL_UDP, UDP_CHECKSUM, UDP_PORT_ME, UDP_PORT_THEM, pseudo_sum
from periplus.wire.ipframes import IpFrames
from periplus.wire.lane import Lane
from periplus.wire.question import Questions
from periplus.wire.shape import PLAIN, Shape

__all__ = ["UdpFrames", "UdpMaker", "UdpProbe"]

PORTS = 1 << 16
_HEADER = 8
_FIELDS = {
    "port_me": (">u2", UDP_PORT_ME),
    "port_them": (">u2", UDP_PORT_THEM),
    "udp_checksum": (">u2", UDP_CHECKSUM),
}


@dataclass(frozen=True)
class UdpProbe:
    """What a UDP probe looks like: the payloads of each port, and an empty datagram for the others.

    `elsewhere`: by port how answers begin that come from another port than was asked, 1 to 4 bytes each.
    """

    payloads: Mapping[int, tuple[bytes, ...]] = field(default_factory=dict)
    elsewhere: Mapping[int, tuple[bytes, ...]] = field(default_factory=dict)

    @property
    def protocol(self) -> int:
        """UDP's number."""
        return PROTOCOL_UDP

    def maker(self, lane: Lane, shape: Shape) -> "UdpMaker":
        """Return what makes its frames on that lane."""
        return UdpMaker(lane, self, shape)


class UdpFrames:
    """Makes the frames of one payload on one lane; the shape's data stand behind it."""

    __slots__ = ("_frames", "_shape", "_udp_sum")

    def __init__(self, lane: Lane, payload: bytes, shape: Shape = PLAIN) -> None:
        data = payload + shape.data
        datagram = bytes(4) + (_HEADER + len(data)).to_bytes(2) + bytes(2) + data
        self._shape = shape
        self._frames = IpFrames(lane, PROTOCOL_UDP, datagram, _FIELDS, shape.ttl)
        self._udp_sum = pseudo_sum(lane.ip_me, PROTOCOL_UDP, len(datagram)) + partial_sum(datagram)

    def build(self, questions: Questions) -> U8:
        """The frames of n questions, u1[n, width], contiguous; errors as `IpFrames.copies`."""
        frames, cells, sums = self._frames.copies(questions.them, questions.ip_id, questions.mac_them)
        cells["port_me"] = questions.port_me
        cells["port_them"] = questions.port_them
        total = sums + questions.port_me + questions.port_them + np.uint64(self._udp_sum)
        checksum = self._shape.checked(finish(total))
        cells["udp_checksum"] = np.where(checksum, checksum, 0xFFFF)
        return frames


class UdpMaker:
    """Makes the frames of a probe on one lane: as many for a question as its port has payloads.

    The loop is over the different payloads of a batch, which are at most those of the library.
    """

    __slots__ = ("_frames", "_lane", "_payloads", "_plain", "_shape")

    def __init__(self, lane: Lane, probe: UdpProbe, shape: Shape = PLAIN) -> None:
        self._lane = lane
        self._shape = shape
        self._payloads = _ports_by_payload(probe.payloads)
        self._plain = np.ones(PORTS, np.bool_)
        self._plain[[port for port, messages in probe.payloads.items() if messages]] = False
        self._frames: dict[bytes, UdpFrames] = {}

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return an array of frames for each payload that the questions' ports have."""
        plain = self._plain[questions.port_them]
        made = [self._built(b"", questions, np.flatnonzero(plain))] if plain.any() else []
        if plain.all():
            return made
        for payload, ports in self._payloads.items():
            rows = np.flatnonzero(ports[questions.port_them])
            if len(rows):
                made.append(self._built(payload, questions, rows))
        return made

    def _built(self, payload: bytes, questions: Questions, rows: I64) -> tuple[U8, I64]:
        frames = self._frames.get(payload)
        if frames is None:
            frames = self._frames[payload] = UdpFrames(self._lane, payload, self._shape)
        return frames.build(questions[rows]), rows


def _ports_by_payload(
    payloads: Mapping[int, tuple[bytes, ...]],
) -> dict[bytes, "np.ndarray[tuple[int], np.dtype[np.bool_]]"]:
    """The ports that each payload is sent to, as masks of all ports."""
    masks: dict[bytes, np.ndarray[tuple[int], np.dtype[np.bool_]]] = {}
    for port, messages in payloads.items():
        for message in messages:
            masks.setdefault(message, np.zeros(PORTS, np.bool_))[port] = True
    return masks
