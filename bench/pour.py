"""Sends without pause until it is ended: ``python bench/pour.py TRANSPORT WHAT TARGETS MAC``, inside a lab's host.

TRANSPORT is packet or xdp; WHAT is `same` (one unchanged frame, over and over, nothing made meanwhile) or `probes`: a
SYN to every port of TARGETS in the order of a scan, each with its cookie, made and sent as a scan does it, but by no
engine. MAC is the next hop's hardware address. Runs until it is killed; `bench/transmit.py` counts what arrives.
"""

import sys

import numpy as np

from periplus.columns import U8
from periplus.scan.clock import Clock
from periplus.scan.sender import Parcel, sender_for
from periplus.scan.tries import ByPort
from periplus.space.order import Order
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.space.targets import parse_target
from periplus.technique.syn import TECHNIQUE
from periplus.transport.packet import PacketTransport
from periplus.transport.routes import Routes
from periplus.transport.xdp import express_for
from periplus.wire.cookie import PORT_SHIFTS
from periplus.wire.lane import Lane
from periplus.wire.question import Questions
from periplus.wire.shape import PLAIN

BATCH = 2048
PORTS = range(20000, 20000 + PORT_SHIFTS)
WAIT_US = 10_000


class Source:
    """The frames of a scan, batch by batch."""

    def __init__(self, lane: Lane, targets: AddressSpace, mac: bytes) -> None:
        if TECHNIQUE.probe is None:
            raise ValueError("SYN makes packets")
        self._lane = lane
        self._space = Space.of([(targets, np.arange(1, 1 << 16, dtype=np.uint16))])
        self._order = Order(self._space.size, 1)
        self._tries = ByPort(2, PORTS)
        self._maker = TECHNIQUE.probe.maker(lane, PLAIN)
        self._macs = np.tile(np.frombuffer(mac, np.uint8), (BATCH, 1))
        self._at = 0

    def frames(self) -> U8:
        """The next batch."""
        positions = np.arange(self._at, self._at + BATCH) % self._space.size
        self._at += BATCH
        them, port_them = self._space.at(self._order.at(positions))
        port_me, number = self._tries.ask(self._lane.ip_me, them, port_them, np.zeros(BATCH, np.uint8))
        ip_id = (number & np.uint32(0xFFFF)).astype(np.uint16)
        [(made, _)] = self._maker.make(Questions(them, port_them, port_me, number, ip_id, self._macs))
        return made


def main(transport: str, what: str, targets: str, mac: str) -> None:
    space = AddressSpace.of(parse_target(targets).spans)
    with Routes() as routes:
        [lane] = {path.lane for path in routes.paths(space.ranges()) if path.lane is not None}
    express = express_for([lane], print, must=True) if transport == "xdp" else None
    way = PacketTransport(PORTS, [lane], express=express)
    source = Source(lane, space, bytes.fromhex(mac.replace(":", "")))
    if what == "same":
        frames = np.repeat(source.frames()[:1], BATCH, axis=0)
        while True:
            way.send(lane, frames)
    sender = sender_for(way, Clock().now_us)
    while True:
        if sender.room:
            sender.offer(Parcel(lane, source.frames()))
        else:
            sender.wait(WAIT_US)
        sender.settle()


if __name__ == "__main__":
    main(*sys.argv[1:])
