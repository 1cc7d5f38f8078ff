"""Questions: what every kind of probe is made from, and the two calls by which all kinds are made alike.

A technique's probe is a description (`Probe`); for each lane it gives a `Maker`, which turns columns of questions
into frames. All frames of one array have the same width, so a maker whose probes differ in length (UDP with its
payloads) returns several arrays with the rows that they belong to.
"""

from dataclasses import dataclass
from typing import Protocol

from periplus.columns import I64, U8, U16, U32
from periplus.space.address import Addresses
from periplus.wire.lane import Lane
from periplus.wire.shape import Shape
from periplus.wire.table import Table

__all__ = ["Maker", "Probe", "Questions"]


@dataclass(frozen=True, slots=True, eq=False)
class Questions(Table):
    """n probes to make on one lane; columns of equal length.

    port_them u2: the port, or what stands in its place (an ICMP type, a protocol); port_me u2: our port, or
    identifier; number u4: the cookie; ip_id u2: for kinds of probe that carry the cookie elsewhere;
    mac_them u1[n, 6]: the next hop's, zeros on a lane without link layer.
    """

    them: Addresses
    port_them: U16
    port_me: U16
    number: U32
    ip_id: U16
    mac_them: U8


class Maker(Protocol):
    """Makes the frames of one kind of probe on one lane."""

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return arrays of frames, u1[m, width], each with the rows of the questions that it asks."""


class Probe(Protocol):
    """What a probe looks like."""

    @property
    def protocol(self) -> int:
        """The IP protocol that answers come in."""

    def maker(self, lane: Lane, shape: Shape) -> Maker:
        """Return what makes its frames on that lane."""
