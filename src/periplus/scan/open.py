"""Opens the way to the network that a technique needs: routes, lanes, source ports, sockets."""

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
from periplus.wire.headers import PROTOCOL_ICMP, PROTOCOL_ICMP6, PROTOCOL_TCP

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
    from periplus.transport.connect import ConnectTransport

    return PlainLink(config.space, ConnectTransport(), clock.now_us, tell)


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
    from periplus.transport.packet import PacketTransport, reserve_ports
    from periplus.transport.routes import Routes

    with scout or Routes() as routes:
        targets = AddressSpace.union(block.addresses for block in config.space.blocks)
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
    ports, held = reserve_ports(draw, PORT_SHIFTS, protocol)
    # Hosts of which no port has answered are traced by echo requests.
    echo = (PROTOCOL_ICMP, PROTOCOL_ICMP6) if config.traceroute else ()
    transport = PacketTransport(ports, lanes, protocols=(protocol, *echo))
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
    )


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
