"""The link of traceroute by itself; walks over it are in test_trace."""

import numpy as np
from tests.scan.runs import ETH4, FAR, KEY, LO4, NEAR, OURS, PATHS, ROUTER4, ROUTERS, SELF, TUN4, TUNNEL
from tests.sim.frames import Wire
from tests.wire.twins import ip4, number, tcp

from periplus.scan.raw import NO_LANE
from periplus.scan.sender import Parcel
from periplus.scan.tracelink import BUSY_US, TraceLink
from periplus.space.address import Addresses
from periplus.transport.neighbours import Resolver

NOWHERE = "198.51.100.1"


class Held:
    """A socket that is held."""

    closed = False

    def close(self) -> None:
        self.closed = True


def link_of(wire: Wire, resolver: Resolver, held: Held | None = None) -> TraceLink:
    return TraceLink(PATHS, wire, OURS, KEY, wire.clock.now_us, resolver, [held] if held else [])


def test_the_way_is_what_the_scan_has_found_out() -> None:
    resolver = Resolver()
    link = link_of(Wire({}), resolver)
    hosts = Addresses.of_ints(map(number, [NEAR, FAR, TUNNEL, SELF, NOWHERE]))
    hops = link.next_hops(hosts)
    lanes = [None if row == NO_LANE else link.lanes[row] for row in hops.lane]
    assert lanes == [ETH4, ETH4, TUN4, LO4, None]
    assert hops.known.tolist() == [False, False, True, True, False]
    router = Addresses.of_ints([number(ROUTER4)])
    resolver.learn(ETH4.ifindex, router, np.frombuffer(ROUTERS[ROUTER4], np.uint8)[None, :])
    hops = link.next_hops(hosts)
    assert hops.next_hop.text()[:2] == [NEAR, ROUTER4]
    assert hops.mac[1].tobytes() == ROUTERS[ROUTER4]
    assert hops.known.tolist() == [False, True, True, True, False]


def test_packets_as_they_came() -> None:
    wire = Wire({})
    link = link_of(wire, Resolver())
    wire.arrive(b"\x45 what nobody reads")
    wire.wait(10)
    assert link.packets().length.tolist() == [19]


def test_only_what_can_be_read_is_received() -> None:
    wire = Wire({})
    link = link_of(wire, Resolver())
    assert not len(link.receive())
    wire.arrive(ip4(number(FAR), ETH4.ip_me, 6, tcp(22, OURS.start)))
    wire.arrive(b"\x45\0")
    received = link.receive()
    assert (received.them.text(), received.port_me.tolist()) == ([FAR], [OURS.start])


def test_a_full_queue_is_looked_at_again_soon() -> None:
    wire, held = Wire({}), Held()
    link = link_of(wire, Resolver(), held)
    assert link.patience(1_000_000, 5) == 1_000_000
    wire.trouble(0)
    frames = np.zeros((1, 60), np.uint8)
    frames[0, 0] = 0x45
    link.offer(Parcel(TUN4, frames))
    assert link.patience(1_000_000, 5) == 5 + BUSY_US
    assert (link.files(), link.drops()) == ((), 0)
    link.close()
    assert (wire.closed, held.closed) == (True, True)
