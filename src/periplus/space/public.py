"""Which addresses are anybody's: all but those that are set aside for one's own networks, for tests and for books.

Set aside are private networks (RFC 1918, RFC 4193), loopback (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3),
link-local addresses (RFC 3927, RFC 4291 section 2.5.6), those between a provider and its customers (RFC 6598), those
for measuring devices (RFC 2544, RFC 5180) and those of documentation (RFC 5737, RFC 3849, RFC 9637).

Limits: that an address is private does not say that it is the user's own; a public one may well be.
"""

from collections.abc import Iterable

from periplus.space.ip import network, parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space

__all__ = ["PRIVATE", "public_probes"]

PRIVATE = AddressSpace.of(
    network(parse_ip(address), length)
    for address, length in (
        ("10.0.0.0", 8),
        ("172.16.0.0", 12),
        ("192.168.0.0", 16),
        ("127.0.0.0", 8),
        ("169.254.0.0", 16),
        ("100.64.0.0", 10),
        ("198.18.0.0", 15),
        ("192.0.2.0", 24),
        ("198.51.100.0", 24),
        ("203.0.113.0", 24),
        ("fc00::", 7),
        ("::1", 128),
        ("fe80::", 10),
        ("2001:2::", 48),
        ("2001:db8::", 32),
        ("3fff::", 20),
    )
)


def public_probes(spaces: Iterable[Space]) -> tuple[int, int]:
    """Count what is asked of public addresses: (probes, if each is sent once; addresses). Nothing is enumerated."""
    probes = 0
    parts: list[AddressSpace] = []
    for space in spaces:
        for block in space.blocks:
            public = block.addresses - PRIVATE
            probes += public.size * len(block.ports)
            parts.append(public)
    return probes, AddressSpace.union(parts).size
