"""Routers in a row, for what looks at the way: the scanner at one end, two targets at the other.

    scanner -- router1 -- router2 -- router3 -- one
                                            \\-- two

Each link is a network of its own, 198.18.10.0/24 and 2001:db8:0:a::/64 next to the scanner, then 11 and b, and so on.
The namespaces, the wall around them and what is left of a killed run are `network`'s affair.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.lab.network import (
    FORWARDING,
    NUMBERS,
    Address,
    End,
    Node,
    check_links,
    check_routes,
    join,
    namespace,
    settled,
    started,
    sweep,
    wait_until,
)

__all__ = ["HOPS", "ONE", "TWO", "Chain", "build_chain"]

FIRST_NET = 10
BEYOND = Address("198.18.12.0/22", "2001:db8:0:c::/62")  # what lies behind the first routers
ALL = Address("198.18.8.0/21", "2001:db8:0:8::/61")
BEHIND = {
    2: Address("198.18.10.0/24", "2001:db8:0:a::/64"),
    3: Address("198.18.10.0/23", "2001:db8:0:a::/63"),
}


def address(net: int, host: int) -> Address:
    """A host's addresses in the link with that number."""
    return Address(f"198.18.{FIRST_NET + net}.{host}", f"2001:db8:0:{FIRST_NET + net:x}::{host:x}")


ONE, TWO = address(3, 2), address(4, 2)
HOPS = tuple(address(net, 2) for net in range(3))  # the routers, as they tell of themselves


@dataclass(frozen=True, slots=True)
class Chain:
    """The hosts; see the module's picture."""

    scanner: Node
    routers: tuple[Node, ...]
    one: Node
    two: Node

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.scanner, *self.routers, self.one, self.two)

    def silence(self, number: int) -> None:
        """That router, counted from 1, tells nobody any more that a TTL ran out."""
        kinds = ("icmp type time-exceeded", "icmpv6 type time-exceeded")
        drops = "\n".join(f"{kind} drop" for kind in kinds)
        self.routers[number - 1].firewall(
            f"table inet lab {{\nchain out {{\ntype filter hook output priority 0;\n{drops}\n}}\n}}"
        )

    def quiet(self) -> None:
        """Take all firewalls away."""
        for node in self.nodes:
            node.firewall("")


@contextmanager
def build_chain() -> Iterator[Chain]:
    """A fresh, sealed chain; gone when the block is left."""
    sweep()
    tag = f"{os.getpid()}-{started(os.getpid())}-{next(NUMBERS)}"
    with ExitStack() as stack:
        roles = ("scanner", "router1", "router2", "router3", "one", "two")
        scanner, *routers, one, two = (stack.enter_context(namespace(tag, role)) for role in roles)
        chain = Chain(scanner, tuple(routers), one, two)
        lay_out(chain)
        wait_until("addresses of the chain", lambda: all(map(settled, chain.nodes)))
        for node in chain.nodes:
            check_links(node)
            check_routes(node)
        yield chain


def lay_out(chain: Chain) -> None:
    """Links, addresses and routes."""
    first, second, third = chain.routers
    for router in chain.routers:
        router.settings(FORWARDING)
    ends = ((chain.scanner, first), (first, second), (second, third), (third, chain.one), (third, chain.two))
    for net, (near, far) in enumerate(ends):
        link(near, far, net)
    for net, node in enumerate((chain.scanner, first, second)):
        route(node, ALL if node is chain.scanner else BEYOND, address(net, 2))
    route(second, BEHIND[2], address(1, 1))
    route(third, BEHIND[3], address(2, 1))
    route(chain.one, ALL, address(3, 1))
    route(chain.two, ALL, address(4, 1))


def link(near: Node, far: Node, net: int) -> None:
    """Join two hosts; the nearer one has the address with 1, the farther one that with 2."""
    has = [Address(f"{each.v4}/24", f"{each.v6}/64") for each in (address(net, 1), address(net, 2))]
    join(End(near, f"{far.role}0", has[0]), End(far, f"{near.role}0", has[1]))


def route(node: Node, net: Address, via: Address) -> None:
    node.ip("route", "add", net.v4, "via", via.v4)
    node.ip("route", "add", net.v6, "via", via.v6)
