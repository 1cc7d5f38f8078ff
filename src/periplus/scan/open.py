"""Opens the way to the network that a technique needs: routes, lanes, source ports, sockets."""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from periplus.engine.meter import meters_for
from periplus.engine.timing import Timing
from periplus.errors import CannotScan
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Transport
from periplus.scan.doubting import Asking, AskLink
from periplus.scan.identifying import IdentifyLink
from periplus.scan.link import Link
from periplus.scan.menu import Menu
from periplus.space.address import Addresses
from periplus.space.ip import format_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.transport.routes import BROADCAST, Path
from periplus.transport.scout import Scout
from periplus.wire.cookie import PORT_SHIFTS
from periplus.wire.headers import (
    ANYTHING,
    PROTOCOL_ICMP,
    PROTOCOL_ICMP6,
    PROTOCOL_SCTP,
    PROTOCOL_TCP,
    PROTOCOL_UDP,
)
from periplus.wire.packets import WIDTH

if TYPE_CHECKING:
    from periplus.engine.shown import Shown
    from periplus.scan.ears import Ear, UdpMemory
    from periplus.scan.firsthop import FirstHops
    from periplus.scan.guard import Guard
    from periplus.scan.identifier import Identifier
    from periplus.scan.raw import Closable, RawLink
    from periplus.scan.recess import Recess
    from periplus.scan.tracelink import TraceLink
    from periplus.transport.calls import FrameTransport
    from periplus.transport.xdp import XdpExpress

__all__ = ["Links", "open_links", "tell_problems"]

KEY_BITS = 128
LINK_PPS = 10_000.0  # questions for hardware addresses: each is a broadcast
MOST_TOLD = 5  # unreachable ranges that are told one by one
WORTH_XDP = 100_000  # probes of a link; opening and closing AF_XDP cost milliseconds
FEW_CONNECTS = 1_000  # at once, of those that only find out who is there


@dataclass(frozen=True, slots=True)
class Links:
    """The ways of one scan: one for each work, and those to find hosts, trace them, ask with data, identify services
    and tell operating systems.

    `guard` stands in front of all of them, if anything does; `hops` are the gateways that those with frames watch,
    `memory` is what UDP ports said to these, and `shown` are the SYN-ACKs.
    """

    works: tuple[Link, ...]
    discovery: Link | None = None
    trace: "TraceLink | None" = None
    asks: AskLink | None = None
    guard: "Guard | None" = None
    identify: IdentifyLink | None = None
    fingerprint: "TraceLink | None" = None
    hops: "FirstHops | None" = None
    memory: "UdpMemory | None" = None
    shown: "Shown | None" = None

    def close(self) -> None:
        """Close all, the last opened first: each gives back what it found."""
        asking = (self.fingerprint, self.identify, self.asks, self.trace)
        for link in (*asking, self.discovery, *reversed(self.works)):
            if link is not None:
                link.close()


def open_links(
    config: ScanConfig,
    clock: Clock,
    draw: Callable[[int], int],
    tell: Callable[[str], None],
    scout: Scout | None = None,
    detail: Callable[[str], None] | None = None,
    recess: "Recess | None" = None,
) -> Links:
    """Open what the techniques of `config` need; `draw(n)` gives a number below n, `scout` knows the routes.

    `detail` is told what only the curious want to know (None: as `tell`). With a `recess` the clock is its own.
    CannotScan: why nothing can be sent.
    """
    menus = [Menu((work.technique,)) for work in config.works]
    if config.discovery:
        menus.append(config.discovery.menu)
    guard = _guard(config, clock, recess)
    ground = None
    if config.traceroute or config.fingerprint or any(_is_raw(menu) for menu in menus):
        ground = _Ground(config, clock, draw, tell, scout, guard, detail or tell, recess)
    links: list[Link] = []
    for menu, space in zip(menus, config.spaces, strict=True):
        finds = config.discovery is not None and menu is config.discovery.menu
        if ground is not None and _is_raw(menu):
            proof = config.discovery.link_proof if finds and config.discovery else None
            links.append(ground.link(menu, space, proof))
        else:
            most = FEW_CONNECTS if finds and config.works else None
            # What the system sends and closes goes on while a clock stands still.
            now_us = recess.clock.live_us if recess else clock.now_us
            links.append(_plain(config, space, now_us, tell, most, guard))
    trace = ground.trace_link() if ground is not None and config.traceroute else None
    asks = AskLink(lambda: _asks(config, tell, guard)) if config.tarpits else None
    identify = IdentifyLink(lambda: _identifier(config, guard, tell)) if config.identify else None
    discovery = links[-1] if config.discovery else None
    works = tuple(links[: len(config.works)])
    fingerprint = ground.trace_link() if ground is not None and config.fingerprint else None
    hops = ground.hops if ground is not None else None
    memory = ground.memory if ground is not None else None
    shown = ground.shown if ground is not None else None
    return Links(works, discovery, trace, asks, guard, identify, fingerprint, hops, memory, shown)


def _is_raw(menu: Menu) -> bool:
    return any(technique.needs_raw for technique in menu.techniques)


def _guard(config: ScanConfig, clock: Clock, recess: "Recess | None") -> "Guard | None":
    """What all links of one scan ask before anything leaves: where a scope, a rate or a rest may hold it back."""
    timing, meters = config.timing, meters_for(config.timing)
    if config.scope is None and recess is None and not timing.max_rate and meters is None:
        return None
    from periplus.scan.guard import Guard

    shut = recess.shut if recess else lambda: False
    # The calendar is asked anew each time: the monotonic clock stands still while a machine sleeps.
    return Guard(config.scope, clock.now_us, time.time, shut, timing.max_rate, meters)


def _plain(
    config: ScanConfig,
    space: Space,
    now_us: Callable[[], int],
    tell: Callable[[str], None],
    most: int | None,
    guard: "Guard | None",
) -> Link:
    from periplus.scan.plain import PlainLink
    from periplus.transport.connect import ConnectTransport
    from periplus.transport.routes import Routes
    from periplus.transport.sockets import opener

    if config.via:
        with Routes() as routes:
            routes.use(config.via, config.families)
    opened = opener(config.via, config.source_port, config.socket_ttl, config.families)
    if guard is None:
        return PlainLink(space, ConnectTransport(most, opener=opened), now_us, tell)
    from periplus.scan.guard import GuardedConnects

    return PlainLink(space, GuardedConnects(guard, most, opener=opened), now_us, tell)


def _asks(config: ScanConfig, tell: Callable[[str], None], guard: "Guard | None") -> Asking | None:
    """Open what asks with data: ordinary sockets, also where the scan makes packets of its own.

    Those have source ports of their own then, so a chosen one is only kept where the system connects anyway.
    """
    from periplus.transport.ask import Asks
    from periplus.transport.sockets import opener

    raw = any(work.technique.needs_raw for work in config.works)
    try:
        opened = opener(config.via, None if raw else config.source_port, config.socket_ttl, config.families)
    except CannotScan as error:
        tell(f"hosts that accept everything are not recognised: {error}")
        return None
    if guard is None:
        return Asks(opener=opened)
    from periplus.scan.guard import GuardedAsks

    return GuardedAsks(guard, opener=opened)


def _identifier(config: ScanConfig, guard: "Guard | None", tell: Callable[[str], None]) -> "Identifier":
    """Open what identifies, by ordinary sockets with source ports of their own."""
    from periplus.scan.identifier import Identifier
    from periplus.transport.sockets import opener

    assert config.identify is not None
    return Identifier(
        config.identify, opener(config.via, None, config.socket_ttl, config.families), guard, tell
    )


class _Ground:
    """What the raw links of one scan share: routes, hardware addresses, a source of random numbers."""

    def __init__(
        self,
        config: ScanConfig,
        clock: Clock,
        draw: Callable[[int], int],
        tell: Callable[[str], None],
        scout: Scout | None,
        guard: "Guard | None",
        detail: Callable[[str], None],
        recess: "Recess | None",
    ) -> None:
        from periplus.transport.neighbours import Resolver
        from periplus.transport.routes import Routes

        self._config = config
        self._draw = draw
        self._tell = tell
        self._detail = detail
        self._express: XdpExpress | None = None
        self._clock = clock
        self._guard = guard
        self._recess = recess
        self._resolver = Resolver(_link_pace(config.timing))
        self._made: list[RawLink] = []
        self.memory: UdpMemory | None = None
        self.shown: Shown | None = None
        self._held: set[bool] = set()  # whether the chosen source port is ours already: of UDP, of the others
        with scout or Routes() as routes:
            targets = AddressSpace.union(block.addresses for space in config.spaces for block in space.blocks)
            if config.via:
                routes.use(config.via, config.families)
            self._paths = routes.paths(targets.ranges())
            tell_problems(self._paths, tell)
            self._lanes = list({path.lane: None for path in self._paths if path.lane is not None})
            if guard is not None:
                routers = {path.gateway for path in self._paths if path.gateway is not None}
                guard.routers = AddressSpace.of((router, router) for router in routers)
            for path in self._paths:
                if path.lane is not None and path.gateway is not None:
                    # The kernel's word is good enough for a router that it uses all the time; targets are asked.
                    self._resolver.want(path.lane, Addresses.of_ints([path.gateway]))
                    known = routes.neighbours(path.lane.ifindex)
                    macs = np.frombuffer(b"".join(known.values()), np.uint8).reshape(-1, 6)
                    self._resolver.learn(path.lane.ifindex, Addresses.of_ints(known), macs)
        self.hops = self._first_hops(sum(space.size for space in config.spaces))

    def _first_hops(self, probes: int) -> "FirstHops | None":
        if all(path.gateway is None for path in self._paths):
            return None
        from periplus.scan.firsthop import first_hops

        return first_hops(self._paths, self._config.timing, self._resolver, self._detail, probes)

    def link(self, menu: Menu, space: Space, link_proof: bool | None) -> Link:
        """Open a link with source ports of its own, so that no two mistake each other's answers.

        `link_proof` (of a link that finds hosts, else None): whether an answer on the link is enough.
        """
        from periplus.scan.raw import RawLink
        from periplus.scan.sender import sender_for

        protocols = _protocols(menu)
        ports, taken = self._source_ports(protocols)
        ear = None if link_proof is not None else self._ear(menu, space)
        transport, held = self._transport(ports, protocols, space.size, taken, ear.width if ear else WIDTH)
        made = RawLink(
            space,
            menu,
            self._paths,
            transport,
            ports,
            self._draw(1 << KEY_BITS),
            self._clock.now_us,
            self._resolver,
            held,
            sender_for(transport, self._clock.now_us),
            self._config.shape,
            self.hops,
            ear,
            link_proof=bool(link_proof),
            link_tells=link_proof is not False,
        )
        if self._config.source_port is not None:
            for other in self._made:
                other.siblings.append(made)
                made.siblings.append(other)
            self._made.append(made)
        return made

    def _ear(self, menu: Menu, space: Space) -> "Ear | None":
        """What listens to the answers of a work's link, for who wants to know services or operating systems."""
        identify = self._config.identify is not None
        if not identify and self._config.fingerprint is None:
            return None
        from periplus.engine.shown import Shown
        from periplus.scan.ears import SynAckEar, UdpEar, UdpMemory
        from periplus.wire.tcp import TcpProbe
        from periplus.wire.udp import UdpProbe

        [technique] = menu.techniques
        if isinstance(technique.probe, UdpProbe) and identify:
            self.memory = self.memory or UdpMemory(technique.probe.payloads, self._config.shape.data)
            return UdpEar(space, technique.table, self.memory)
        if isinstance(technique.probe, TcpProbe) and not technique.asks_protocols:
            self.shown = self.shown or Shown()
            return SynAckEar(technique.table, self.shown)
        return None

    def trace_link(self) -> "TraceLink":
        """Open what traceroute or fingerprinting needs: each asks TCP and UDP ports, and by echo."""
        from periplus.scan.sender import sender_for
        from periplus.scan.tracelink import TraceLink
        from periplus.transport.packet import reserve_ports

        protocols = (PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMP6)
        ports, taken = reserve_ports(self._draw, PORT_SHIFTS, protocols)
        transport, held = self._transport(ports, protocols, 0, taken)
        sender = sender_for(transport, self._clock.now_us)
        key = self._draw(1 << KEY_BITS)
        return TraceLink(self._paths, transport, ports, key, self._clock.now_us, self._resolver, held, sender)

    def _transport(
        self,
        ports: range,
        protocols: tuple[int, ...],
        probes: int,
        held: Sequence["Closable"],
        width: int = WIDTH,
    ) -> tuple["FrameTransport", list["Closable"]]:
        """Open a way out and in, and return it with what must be kept; large scans leave by AF_XDP.

        All links share one socket of that kind. Who makes it must be closed last, as the first link made is.
        """
        from periplus.transport.packet import PacketTransport

        wish, kept = self._config.transport, list(held)
        express = None
        if wish is Transport.XDP or (wish is Transport.AUTO and probes >= WORTH_XDP):
            if self._express is None:
                from periplus.transport.xdp import express_for

                self._express = express_for(self._lanes, self._detail, must=wish is Transport.XDP)
                kept.append(self._express)
            express = self._express
        made = PacketTransport(ports, self._lanes, protocols=protocols, express=express, width=width)
        return self._guarded(made), kept

    def _guarded(self, transport: "FrameTransport") -> "FrameTransport":
        """The transport, or what stands before it where there is a scope or a recess."""
        if self._recess is not None:
            from periplus.scan.recess import PlacedFrames

            transport = PlacedFrames(transport, self._recess.clock)
        if self._guard is None:
            return transport
        from periplus.scan.guard import GuardedFrames

        return GuardedFrames(transport, self._guard)

    def _source_ports(self, protocols: tuple[int, ...]) -> tuple[range, list[socket.socket]]:
        """Take one port if one was chosen or answers have none anyway, and else one for each try."""
        from periplus.transport.packet import hold_port, reserve_ports

        chosen = self._config.source_port
        if chosen is None:
            alone = ANYTHING in protocols
            return reserve_ports(self._draw, 1 if alone else PORT_SHIFTS, protocols)
        wanted = tuple(each for each in protocols if (each == PROTOCOL_UDP) not in self._held)
        held = hold_port(chosen, wanted) if wanted else []
        if wanted and not held:
            self._tell(
                f"source port {chosen} cannot be held for us: if a program has it, it sees our answers as well"
            )
        self._held.update(each == PROTOCOL_UDP for each in protocols)
        return range(chosen, chosen + 1), held


def _link_pace(timing: Timing) -> float:
    """How many questions a second the link may be asked: what may not leave yet would be overdue before it does.

    They are asked in the order of addresses, so those of one network come together.
    """
    rates = (timing.max_rate, timing.max_net_rate)
    return min([LINK_PPS, *(rate for rate in rates if rate)])


def _protocols(menu: Menu) -> tuple[int, ...]:
    """What answers come in; where protocols are asked for, those that have ports are held as well."""
    protocols = {technique.probe.protocol for technique in menu.techniques if technique.probe}
    if ANYTHING in protocols:
        protocols |= {PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP}
    return tuple(sorted(protocols))


def tell_problems(paths: list[Path], tell: Callable[[str], None]) -> None:
    """Tell which targets have no way; when none has, nothing can be scanned."""
    troubled = [path for path in paths if path.problem is not None]
    lines = [f"{_span(path)}: {path.problem}" for path in troubled]
    if len(troubled) == len(paths):
        raise CannotScan(f"no way to the targets: {'; '.join(lines[:MOST_TOLD])}")
    # That a network has a broadcast address surprises nobody who gave the network.
    lines = [line for line, path in zip(lines, troubled, strict=True) if path.problem != BROADCAST]
    for line in lines[:MOST_TOLD]:
        tell(f"{line}; left out")
    if len(lines) > MOST_TOLD:
        tell(f"{len(lines) - MOST_TOLD} more ranges have no way; left out")


def _span(path: Path) -> str:
    first, last = format_ip(path.first), format_ip(path.last)
    return first if first == last else f"{first}-{last}"
