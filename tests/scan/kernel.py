"""A kernel that has paths, gives ports, and opens wires: what ways to the network are opened from."""

from collections.abc import Callable, Iterable
from typing import Self

import pytest
from tests.scan.runs import OURS, ROUTER4
from tests.sim.frames import Wire
from tests.wire.twins import number

from periplus.transport import packet, routes
from periplus.transport.routes import Path, Ranges, Via
from periplus.wire.lane import Lane
from periplus.wire.packets import WIDTH

MAC = b"\2\0\0\0\0\x63"


class Held:
    """Ports that are given back by closing."""

    def __init__(self, closed: list[int], first: int) -> None:
        self._closed = closed
        self._first = first

    def close(self) -> None:
        self._closed.append(self._first)


class Kernel:
    """Says which paths there are, and notes what is asked of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, paths: list[Path]) -> None:
        self.opened: list[tuple[range, list[Lane]]] = []
        self.protocols: list[tuple[int, ...]] = []
        self.expressed: list[object] = []
        self.widths: list[int] = []
        self.asked: list[int] = []
        self.wires: list[Wire] = []
        self.reserved: list[tuple[int, ...]] = []
        self.closed: list[int] = []
        self.ended = 0
        self.used: list[tuple[Via, tuple[int, ...]]] = []
        self.lacking: set[int] = set()
        self._paths = paths
        monkeypatch.setattr(routes, "Routes", lambda: self)
        monkeypatch.setattr(packet, "PacketTransport", self._open)
        monkeypatch.setattr(packet, "reserve_ports", self._reserve)
        monkeypatch.setattr(packet, "hold_port", self._hold)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended += 1

    def use(self, via: Via, families: tuple[int, ...]) -> None:
        self.used.append((via, families))

    def paths(self, ranges: Ranges) -> list[Path]:
        self.asked.append(sum(last - first + 1 for first, last in ranges))
        return self._paths

    def neighbours(self, ifindex: int) -> dict[int, bytes]:
        return {number(ROUTER4): MAC}

    def _open(
        self,
        ports: range,
        lanes: Iterable[Lane],
        protocols: tuple[int, ...],
        express: object = None,
        width: int = WIDTH,
    ) -> Wire:
        self.opened.append((ports, list(lanes)))
        self.expressed.append(express)
        self.protocols.append(protocols)
        self.widths.append(width)
        self.wires.append(Wire({}))
        return self.wires[-1]

    def _hold(self, port: int, protocols: tuple[int, ...]) -> list[Held]:
        return [] if port in self.lacking else [Held(self.closed, port)]

    def _reserve(
        self, draw: Callable[[int], int], count: int, protocols: tuple[int, ...]
    ) -> tuple[range, list[Held]]:
        """Ports that nobody has yet."""
        self.reserved.append(protocols)
        first = OURS.start + count * (len(self.reserved) - 1)
        return range(first, first + count), [Held(self.closed, first)]
