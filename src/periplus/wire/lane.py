"""A lane: one of our addresses on one interface, all that a frame template must know of this machine.

A frame starts with an Ethernet header only on an Ethernet lane. Tunnels (tun, ppp, WireGuard) have no link
layer, so their frames start with the IP header; so do frames to this very machine, which leave through a
raw IP socket because the loopback interface drops what its own input would call a martian.
"""

from dataclasses import dataclass
from enum import StrEnum

from periplus.space.ip import V4_BASE

__all__ = ["ETHERNET_LENGTH", "Lane", "Link"]

ETHERNET_LENGTH = 14


class Link(StrEnum):
    """What stands before the IP header, and through which kind of socket frames leave."""

    ETHERNET = "ethernet"
    BARE = "bare"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Lane:
    """The way out: interface, our address on it (128-bit, IPv4 mapped) and our hardware address.

    `mac_me` is 6 bytes, or empty where the interface has no link layer. `mtu` is in bytes.
    """

    ifindex: int
    ifname: str
    link: Link
    ip_me: int
    mac_me: bytes
    mtu: int

    def __post_init__(self) -> None:
        if self.link is Link.ETHERNET and len(self.mac_me) != 6:
            raise ValueError(f"lane {self.ifname}: an Ethernet lane needs a hardware address of 6 bytes")

    @property
    def is_v4(self) -> bool:
        """True when our address is IPv4."""
        return self.ip_me >> 32 == V4_BASE >> 32

    @property
    def header(self) -> int:
        """Bytes of link header in front of the IP header: 14 or 0."""
        return ETHERNET_LENGTH if self.link is Link.ETHERNET else 0
