"""How frames are shaped beyond what their probe says: time to live, ballast, a wrong checksum, fragments."""

from dataclasses import dataclass

import numpy as np

from periplus.columns import U16

__all__ = ["PLAIN", "Shape"]

_ANY_BIT = np.uint16(1)


@dataclass(frozen=True, slots=True)
class Shape:
    """What every frame of a scan is given.

    ttl: IPv4's time to live, IPv6's hop limit; data: bytes behind the probe's own, but not to the `spared` ports;
    bad_sum: the checksum of the transport protocol is wrong; fragment: bytes of IP payload in a fragment, 0: whole
    packets.
    """

    ttl: int = 64
    data: bytes = b""
    bad_sum: bool = False
    fragment: int = 0
    spared: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.fragment % 8 or self.fragment < 0:
            raise ValueError(f"fragments of {self.fragment} bytes: IPv4 counts them in steps of 8")

    def checked(self, checksums: U16) -> U16:
        """The checksums to write into frames: the right ones, or as many wrong ones.

        One bit makes the difference, for 0 and 0xffff are the same number to a receiver.
        """
        return checksums ^ _ANY_BIT if self.bad_sum else checksums


PLAIN = Shape()
