"""Which way a target lies: interface, source address and next hop, as the kernel itself would choose them.

Only the kernel knows the answer, since policy rules, source selection and metrics take part in it
(RTM_GETROUTE, rtnetlink(7)). Asking for every address would be slow, so the line of all addresses is cut at
every border of a prefix in the routing tables and rules. Between two borders the kernel treats all addresses
alike, and one question is enough.

Everything here is whole numbers, for this module is loaded where NumPy is not (`transport.scout`).

Limits: routes that change during a scan are noticed only when sending fails. Of several equal routes the
kernel names one, which then serves the whole piece. A full table of the internet takes minutes to read; a
handful of addresses is asked one by one instead and needs no table.
"""

import errno
import os
import socket
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Self

from periplus.errors import CannotScan, UsageError
from periplus.space.ip import V4_BASE, format_ip, parse_ip
from periplus.space.quote import quoted
from periplus.wire.lane import Lane, Link

__all__ = ["BROADCAST", "UNCHOSEN", "Path", "Routes", "Via"]

Ranges = Sequence[tuple[int, int]]  # first and last, inclusive

_ASKED_ONE_BY_ONE: Final = 8
_V6_END: Final = 1 << 128
_V4_END: Final = V4_BASE + (1 << 32)
# Borders that stand in no table: 0/8, multicast, reserved addresses, the limited broadcast.
_BUILT_IN: Final = tuple(map(parse_ip, ("1.0.0.0", "224.0.0.0", "240.0.0.0", "255.255.255.255")))

# linux/rtnetlink.h, linux/if.h, linux/neighbour.h
_UNICAST, _LOCAL, _ANYCAST = 1, 2, 4
_IFF_UP, _IFF_LOWER_UP = 1 << 0, 1 << 16
_USABLE: Final = 0x02 | 0x80  # NUD_REACHABLE, NUD_PERMANENT: an older entry may name a machine that has gone
_TOLD: Final = _USABLE | 0x04 | 0x08 | 0x10  # and NUD_STALE, NUD_DELAY, NUD_PROBE
_UNREADY: Final = 0x08 | 0x40  # IFA_F_DADFAILED, IFA_F_TENTATIVE: somebody else may have this address

BROADCAST: Final = "broadcast address"
_PROBLEMS: Final = {  # by route type
    3: BROADCAST,
    5: "multicast address",
    6: "a blackhole route",
    7: "a route that says unreachable",
    8: "a route that says prohibited",
}
_REFUSALS: Final = {  # by the errno of the question
    errno.ENETUNREACH: "no route",
    errno.EHOSTUNREACH: _PROBLEMS[7],
    errno.EACCES: _PROBLEMS[8],
    errno.EINVAL: _PROBLEMS[6],
}
_LINKS: Final = {  # by hardware type, linux/if_arp.h
    1: Link.ETHERNET,
    772: Link.LOCAL,  # the loopback interface
    512: Link.BARE,  # PPP
    519: Link.BARE,  # raw IP, mobile modems
    768: Link.BARE,  # IP in IP
    769: Link.BARE,  # IPv6 in IPv6
    776: Link.BARE,  # sit
    778: Link.BARE,  # GRE
    823: Link.BARE,  # GRE over IPv6
    65534: Link.BARE,  # tun, WireGuard
}


@dataclass(frozen=True, slots=True)
class Path:
    """The way to every target from `first` to `last` (128-bit, inclusive); it says nothing of others in
    between.

    Either `lane`, with `gateway` (None: the target is itself the next hop), or the `problem` in the way.
    """

    first: int
    last: int
    lane: Lane | None = None
    gateway: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Via:
    """What the user chose of the way: the interface by its name, our address (128-bit)."""

    interface: str | None = None
    source: int | None = None

    def __bool__(self) -> bool:
        return self != UNCHOSEN


UNCHOSEN: Final = Via()


@dataclass(frozen=True, slots=True)
class _Interface:
    name: str
    link: Link | None
    hardware_address: bytes
    mtu: int
    problem: str | None

    def lane(self, ifindex: int, ip_me: int) -> Lane:
        """The lane from one of its addresses; of an interface without a problem."""
        mac_me = self.hardware_address if self.link is Link.ETHERNET else b""
        return Lane(ifindex, self.name, self.link or Link.BARE, ip_me, mac_me, self.mtu)


class Routes:
    """A netlink conversation in the network namespace of the calling thread; use it as a context manager."""

    def __init__(self) -> None:
        from pyroute2 import IPRoute  # a tenth of a second to import

        self._netlink = IPRoute()
        self._interfaces: dict[int, _Interface] = {}
        self._chosen: dict[str, Any] = {}  # of the kernel's question: interface and source

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the conversation."""
        self._netlink.close()

    def use(self, via: Via, families: Sequence[int]) -> None:
        """From now on take this way; UsageError: there is none such for targets of these families (4, 6).

        Where no route leads through a chosen interface, the kernel takes IPv4 targets for neighbours on it.
        """
        self._chosen = {}
        if via.source is not None:
            self._check_own(via.source)
            self._chosen["src"] = format_ip(via.source)
        if via.interface is not None:
            self._chosen["oif"] = self._checked_interface(via, families)

    def _check_own(self, address: int) -> None:
        """Refuse an address that the kernel does not deliver to this machine itself."""
        path = self._path(address, address)
        unspecified = address in (0, V4_BASE)
        if path.lane is None or path.lane.link is not Link.LOCAL or unspecified:
            raise UsageError(
                f"-S {format_ip(address)}: this machine has no such address, and Periplus sends from no others"
            )

    def _checked_interface(self, via: Via, families: Sequence[int]) -> int:
        name = via.interface or ""
        index = self._index(name)
        for family in families if via.source is None else ():
            number = socket.AF_INET if family == 4 else socket.AF_INET6
            if not list(self._netlink.get_addr(index=index, family=number)):
                raise UsageError(f"-e {name}: the interface has no IPv{family} address to send from")
        return index

    def _index(self, name: str) -> int:
        there = {row.get_attr("IFLA_IFNAME"): row["index"] for row in self._netlink.get_links()}
        if name not in there:
            raise UsageError(f"-e {quoted(name)}: there is no such interface; there are {', '.join(there)}")
        return int(there[name])

    def lanes(self, name: str) -> list[Lane]:
        """A lane for each IPv6 address of ours on the interface of that name.

        UsageError: there is no such interface. CannotScan: it is down, or of a kind that is not supported.
        """
        index = self._index(name)
        interface = self._interface(index)
        if interface.problem or interface.link is None:
            raise CannotScan(f"{interface.problem}")
        return [
            interface.lane(index, parse_ip(row.get_attr("IFA_LOCAL") or row.get_attr("IFA_ADDRESS")))
            for row in self._netlink.get_addr(index=index, family=socket.AF_INET6)
            if not row["flags"] & _UNREADY
        ]

    def paths(self, ranges: Ranges) -> list[Path]:
        """The ways to all addresses of `ranges` (ascending, disjoint); sorted, and each address lies in one."""
        size = sum(last - first + 1 for first, last in ranges)
        pieces = _single(ranges) if size <= _ASKED_ONE_BY_ONE else _pieces(ranges, self._borders(ranges))
        return _merged(self._path(first, last) for first, last in pieces)

    def neighbours(self, ifindex: int, stale: bool = False) -> dict[int, bytes]:
        """Neighbours whose hardware address (6 bytes) the kernel holds for certain, by their address.

        With `stale` also those that it was once told.
        """
        known = {
            parse_ip(entry.get_attr("NDA_DST")): bytes.fromhex(entry.get_attr("NDA_LLADDR").replace(":", ""))
            for entry in self._netlink.get_neighbours(ifindex=ifindex)
            if entry["state"] & (_TOLD if stale else _USABLE) and entry.get_attr("NDA_LLADDR")
        }
        return {address: mac for address, mac in sorted(known.items()) if len(mac) == 6}

    def _borders(self, ranges: Ranges) -> list[int]:
        """Where prefixes of any table or rule begin, and the first addresses behind them."""
        families = [socket.AF_INET] if ranges[0][0] < _V4_END and ranges[-1][1] >= V4_BASE else []
        families += [socket.AF_INET6] if ranges[0][0] < V4_BASE or ranges[-1][1] >= _V4_END else []
        borders = {0, V4_BASE, _V4_END, _V6_END, *_BUILT_IN}
        for family in families:
            for message in self._netlink.get_routes(family=family):
                borders.update(_ends(family, message.get_attr("RTA_DST"), message["dst_len"]))
            for message in self._netlink.get_rules(family=family):
                borders.update(_ends(family, message.get_attr("FRA_DST"), message["dst_len"]))
        return sorted(borders)

    def _path(self, first: int, last: int) -> Path:
        from pyroute2.netlink.exceptions import NetlinkError

        try:
            question = {"dst": format_ip(first), "family": _family(first)} | self._chosen
            message = next(iter(self._netlink.route("get", **question)))
        except NetlinkError as error:
            return Path(first, last, problem=_REFUSALS.get(error.code, os.strerror(error.code)))
        if message["type"] not in (_UNICAST, _LOCAL, _ANYCAST):
            return Path(first, last, problem=_PROBLEMS.get(message["type"], "a route of an unknown type"))
        return self._way(Path(first, last), message)

    def _way(self, path: Path, message: Any) -> Path:
        local = message["type"] != _UNICAST
        ifindex = socket.if_nametoindex("lo") if local else message.get_attr("RTA_OIF")
        interface = self._interface(ifindex)
        source = self._chosen.get("src") or message.get_attr("RTA_PREFSRC")
        if interface.problem or interface.link is None:
            return replace(path, problem=interface.problem)
        if interface.link is Link.LOCAL and not local:  # chosen; frames there would be routed anew
            return replace(path, problem=f"interface {interface.name} leads to this machine alone")
        if source is None:
            return replace(path, problem=f"no address of our own on {interface.name}")
        return replace(path, lane=interface.lane(ifindex, parse_ip(source)), gateway=_gateway(message))

    def _interface(self, ifindex: int) -> _Interface:
        if ifindex not in self._interfaces:
            self._interfaces[ifindex] = _interface(next(iter(self._netlink.link("get", index=ifindex))))
        return self._interfaces[ifindex]


def _interface(message: Any) -> _Interface:
    name = message.get_attr("IFLA_IFNAME")
    link = _LINKS.get(message["ifi_type"])
    problem = None
    if link is None:
        problem = f"interface {name} is of a kind that is not supported"
    elif not message["flags"] & _IFF_UP:
        problem = f"interface {name} is down"
    elif not message["flags"] & _IFF_LOWER_UP:
        problem = f"interface {name} has no carrier"
    mac = bytes.fromhex((message.get_attr("IFLA_ADDRESS") or "").replace(":", ""))
    return _Interface(name, link, mac, message.get_attr("IFLA_MTU"), problem)


def _gateway(message: Any) -> int | None:
    """The next hop; RFC 8950 lets an IPv4 route have an IPv6 one, which stands in another attribute."""
    via = message.get_attr("RTA_VIA")
    gateway = message.get_attr("RTA_GATEWAY") or (via["addr"] if via else None)
    return parse_ip(gateway) if gateway else None


def _family(address: int) -> int:
    return socket.AF_INET if V4_BASE <= address < _V4_END else socket.AF_INET6


def _ends(family: int, prefix: str | None, length: int) -> tuple[int, ...]:
    """The borders that a prefix makes; the default route makes none."""
    if not prefix or not length:
        return ()
    first = parse_ip(prefix)
    return first, first + (1 << (32 if family == socket.AF_INET else 128) - length)


def _single(ranges: Ranges) -> list[tuple[int, int]]:
    return [(address, address) for first, last in ranges for address in range(first, last + 1)]


def _pieces(ranges: Ranges, borders: list[int]) -> Iterator[tuple[int, int]]:
    """First and last target between each two borders, where there is one."""
    firsts = [first for first, _ in ranges]
    lasts = [last for _, last in ranges]
    for begin, end in pairwise(borders):
        row = bisect_left(lasts, begin)
        after = bisect_left(firsts, end)
        if row < after:
            yield max(begin, firsts[row]), min(end - 1, lasts[after - 1])


def _merged(paths: Iterable[Path]) -> list[Path]:
    """Neighbours that lead the same way become one."""
    merged: list[Path] = []
    for path in paths:
        if merged and replace(path, first=merged[-1].first) == replace(merged[-1], last=path.last):
            merged[-1] = replace(merged[-1], last=path.last)
        else:
            merged.append(path)
    return merged
