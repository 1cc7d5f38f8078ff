"""Opens the way to the network that a technique needs: routes, lanes, source ports, sockets."""

import socket
from collections.abc import Callable

import numpy as np

from periplus.errors import CannotScan
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig
from periplus.scan.link import Link
from periplus.scan.plain import PlainLink
from periplus.space.address import Addresses
from periplus.space.ip import format_ip
from periplus.space.ranges import AddressSpace
from periplus.transport.routes import BROADCAST, Path
from periplus.transport.scout import Scout
from periplus.wire.cookie import PORT_SHIFTS
from periplus.wire.headers import ANYTHING, PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP

__all__ = ["open_link"]

KEY_BITS = 128
MOST_TOLD = 5  # unreachable ranges that are told one by one


def open_link(
    config: ScanConfig,
    clock: Clock,
    draw: Callable[[int], int],
    tell: Callable[[str], None],
    scout: Scout | None = None,
) -> Link:
    """Open what `config.technique` needs; `draw(n)` gives a number below n, `scout` knows the routes.

    CannotScan: why nothing can be sent.
    """
    if config.technique.needs_raw:
        return _raw(config, clock, draw, tell, scout)
    return _plain(config, clock, tell)


def _plain(config: ScanConfig, clock: Clock, tell: Callable[[str], None]) -> Link:
    from periplus.transport.connect import ConnectTransport
    from periplus.transport.routes import Routes
    from periplus.transport.sockets import opener

    if config.via:
        with Routes() as routes:
            routes.use(config.via, config.families)
    opened = opener(config.via, config.source_port, config.socket_ttl, config.families)
    return PlainLink(config.space, ConnectTransport(opener=opened), clock.now_us, tell)


def _raw(
    config: ScanConfig,
    clock: Clock,
    draw: Callable[[int], int],
    tell: Callable[[str], None],
    scout: Scout | None,
) -> Link:
    from periplus.scan.raw import RawLink
    from periplus.scan.sender import sender_for
    from periplus.transport.neighbours import Resolver
    from periplus.transport.packet import PacketTransport
    from periplus.transport.routes import Routes

    with scout or Routes() as routes:
        targets = AddressSpace.union(block.addresses for block in config.space.blocks)
        if config.via:
            routes.use(config.via, config.families)
        paths = routes.paths(targets.ranges())
        _tell_problems(paths, tell)
        lanes = list({path.lane: None for path in paths if path.lane is not None})
        resolver = Resolver()
        for path in paths:
            if path.lane is not None and path.gateway is not None:
                # The kernel's word is good enough for a router that it uses all the time; targets are asked.
                resolver.want(path.lane, Addresses.of_ints([path.gateway]))
                known = routes.neighbours(path.lane.ifindex)
                macs = np.frombuffer(b"".join(known.values()), np.uint8).reshape(-1, 6)
                resolver.learn(path.lane.ifindex, Addresses.of_ints(known), macs)
    protocol = config.technique.probe.protocol if config.technique.probe else PROTOCOL_TCP
    protocols = (PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP, ANYTHING) if protocol == ANYTHING else (protocol,)
    ports, held = _source_ports(config.source_port, protocols, draw, tell)
    transport = PacketTransport(ports, lanes, protocols=protocols)
    return RawLink(
        config.space,
        config.technique,
        paths,
        transport,
        ports,
        draw(1 << KEY_BITS),
        clock.now_us,
        resolver,
        held,
        sender_for(transport, clock.now_us),
        config.shape,
    )


def _source_ports(
    chosen: int | None, protocols: tuple[int, ...], draw: Callable[[int], int], tell: Callable[[str], None]
) -> tuple[range, list[socket.socket]]:
    """Take one port if one was chosen or answers have none anyway, and else one for each try."""
    from periplus.transport.packet import hold_port, reserve_ports

    if chosen is None:
        return reserve_ports(draw, 1 if ANYTHING in protocols else PORT_SHIFTS, protocols[0])
    held = hold_port(chosen, protocols[0])
    if not held:
        tell(f"source port {chosen} cannot be held for us: if a program has it, it sees our answers as well")
    return range(chosen, chosen + 1), held


def _tell_problems(paths: list[Path], tell: Callable[[str], None]) -> None:
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
