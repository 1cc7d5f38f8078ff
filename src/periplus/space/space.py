"""The space: which ports of which addresses are probed, numbered 0..size-1.

A `Space` is made of blocks, each a set of addresses with one list of ports; the blocks share no address.
`host:port` targets and targets with the common ports may overlap, so the constructor sweeps over the
borders of all address ranges and unites the ports wherever targets overlap: nothing is probed twice.

Hosts are numbered block by block in ascending address order within a block, probes likewise and within a
host in ascending port order. The numbers depend on what is probed alone, not on how or in which order the
user wrote it, so a shard elsewhere counts alike.

Limits: fewer than 2**62 probes; columns are i8.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from periplus.columns import I32, I64, U16, distinct
from periplus.errors import UsageError
from periplus.space.address import Addresses
from periplus.space.ip import TOP, V4_BASE
from periplus.space.ranges import AddressSpace, Spans

__all__ = ["MOST", "RESERVED", "Block", "Space", "unprobeable"]

MOST = 1 << 62  # probes in a space stay below
TABLES = 16  # up to so many blocks have a table of all 65,536 ports (256 KiB each); more are searched
PORTS = 1 << 16

RESERVED = AddressSpace.of(
    [
        (V4_BASE, V4_BASE + 0x00FF_FFFF),  # 0.0.0.0/8: this network (RFC 791, section 3.2)
        (V4_BASE + 0xE000_0000, V4_BASE + 0xFFFF_FFFF),  # 224/4 multicast, 240/4 reserved, broadcast
        (0, 0),  # ::, unspecified (RFC 4291, section 2.5.2)
        (0xFF << 120, TOP),  # ff00::/8: multicast (RFC 4291, section 2.7)
    ]
)


def unprobeable(space: AddressSpace) -> AddressSpace:
    """The part of a target that must not be probed: its addresses in `RESERVED`.

    A set of one address holds nothing unprobeable: whoever names one address exactly means it. So ask for
    each target by itself, before they are united.
    """
    if space.size == 1:
        return AddressSpace.of([])
    return space & RESERVED


@dataclass(frozen=True, eq=False)
class Block:
    """Addresses that are all probed on the same ports (u2, ascending, at least one)."""

    addresses: AddressSpace
    ports: U16

    @property
    def size(self) -> int:
        """Probes in the block, as a Python integer."""
        return self.addresses.size * len(self.ports)


class Space:
    """Probes as integers, both ways, by columns; immutable. Build it with `of`."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        """From blocks that share no address; `of` makes them so."""
        self.blocks = tuple(blocks)
        self.size = sum(block.size for block in self.blocks)
        if self.size >= MOST:
            raise UsageError(f"the targets and ports make {self.size:,} probes; at most 2^62 can be numbered")
        self.n_hosts = sum(block.addresses.size for block in self.blocks)
        hosts = [block.addresses.size for block in self.blocks]
        self._ports = np.concatenate([np.empty(0, np.uint16), *(block.ports for block in self.blocks)])
        self._lengths = np.array([len(block.ports) for block in self.blocks], np.int64)
        self._port_base = _running(self._lengths)
        self._host_base = _running(np.array(hosts, np.int64))
        self._probe_base = _running(np.array([block.size for block in self.blocks], np.int64))

    @classmethod
    def of(cls, targets: Iterable[tuple[AddressSpace, U16]]) -> "Space":
        """From sets of addresses with their ports, overlapping or not. Ports may be in any order and repeat.

        Raises UsageError when they make 2**62 probes or more.
        """
        by_ports: dict[bytes, list[AddressSpace]] = {}
        for addresses, ports in targets:
            if addresses and len(ports):
                by_ports.setdefault(_key_of(ports), []).append(addresses)
        groups = {ports: AddressSpace.union(spaces) for ports, spaces in by_ports.items()}
        disjoint = groups if len(groups) < 2 else _disjoint(groups)
        blocks = [Block(addresses, _ports_of(ports)) for ports, addresses in disjoint.items()]
        return cls(sorted(blocks, key=lambda block: block.addresses.ranges()[0]))

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports that any host is asked, ascending."""
        asked = np.zeros(PORTS, np.bool_)
        asked[self._ports] = True
        return tuple(np.flatnonzero(asked).tolist())

    def host_at(self, ids: I64) -> Addresses:
        """The addresses of the hosts with these numbers (each 0..n_hosts-1)."""
        if len(self.blocks) == 1:
            return self.blocks[0].addresses.at(ids)
        in_order, bases = self._by_number
        at = np.searchsorted(bases, ids, side="right") - 1
        return self._spans.pick(in_order[at], (ids - bases[at]).astype(np.uint64))

    def host_of(self, a: Addresses) -> I64:
        """The number of each address's host, i8; -1 for addresses outside the space."""
        if len(self.blocks) == 1:
            return self.blocks[0].addresses.rank_of(a)
        row, offset = self._spans.find(a)
        if not len(self._spans):
            return row
        return np.where(row >= 0, self._span_base[np.maximum(row, 0)] + offset.view(np.int64), -1)

    def block_of(self, ids: I64) -> I64:
        """In which block each host is."""
        if len(self.blocks) == 1:
            return np.zeros(len(ids), np.int64)
        return np.searchsorted(self._host_base, ids, side="right") - 1

    def n_ports(self, ids: I64) -> I32:
        """How many ports of each host are probed."""
        return self._lengths.astype(np.int32)[self.block_of(ids)]

    def port_at(self, ids: I64, ranks: I64 | I32) -> U16:
        """The port that has this rank (0..n_ports-1) among the ports of each host."""
        if len(self.blocks) == 1:
            return self._ports.take(ranks)
        return self._ports.take(self._port_base[self.block_of(ids)] + ranks)

    def port_rank(self, ids: I64, ports: U16) -> I32:
        """The rank of the port among the ports of each host, i4; -1 where that port is not probed."""
        if len(self.blocks) == 1:
            return self._tables.take(ports)
        keys = self.block_of(ids) * PORTS + ports
        if len(self.blocks) <= TABLES:
            return self._tables.take(keys)
        found = np.minimum(np.searchsorted(self._port_keys, keys), max(len(self._port_keys) - 1, 0))
        rank = found - self._port_base[keys // PORTS]
        return np.where(self._port_keys[found] == keys, rank, -1).astype(np.int32)

    def at(self, indices: I64) -> tuple[Addresses, U16]:
        """The addresses and ports of the probes with these numbers (each 0..size-1)."""
        if len(self.blocks) == 1:
            host, rank = np.divmod(indices, self._lengths[0])
            return self.host_at(host), self._ports[rank]
        block = np.searchsorted(self._probe_base, indices, side="right") - 1
        host, rank = np.divmod(indices - self._probe_base[block], self._lengths[block])
        return self.host_at(host + self._host_base[block]), self._ports[self._port_base[block] + rank]

    def index_of(self, a: Addresses, ports: U16) -> I64:
        """The number of each probe, i8; -1 for an address or a port that is not probed: not ours."""
        host = self.host_of(a)
        if not len(self.blocks):
            return host
        known = np.maximum(host, 0)
        block = self.block_of(known)
        rank = self.port_rank(known, ports)
        index = self._probe_base[block] + (known - self._host_base[block]) * self._lengths[block] + rank
        return np.where((host >= 0) & (rank >= 0), index, -1)

    @cached_property
    def _all_spans(self) -> tuple[Spans, I64]:
        """The ranges of all blocks by ascending address, and the number of the host each begins with."""
        parts = [block.addresses.spans for block in self.blocks]
        first = Addresses.concat([part.first for part in parts])
        last = Addresses.concat([part.last for part in parts])
        base = _running(np.array([size for part in parts for size in part.sizes], np.int64))
        order = np.lexsort((first.lo, first.hi))
        return Spans(first[order], last[order]), base[order]

    @property
    def _spans(self) -> Spans:
        return self._all_spans[0]

    @property
    def _span_base(self) -> I64:
        return self._all_spans[1]

    @cached_property
    def _by_number(self) -> tuple[I64, I64]:
        """Rows of `_spans` in the order of their hosts' numbers, and those numbers."""
        order = np.argsort(self._span_base)
        return order, self._span_base[order]

    @cached_property
    def _port_keys(self) -> I64:
        """block * 65,536 + port of all ports of all blocks, ascending."""
        keys: I64 = np.repeat(np.arange(len(self.blocks)), self._lengths) * PORTS + self._ports
        return keys

    @cached_property
    def _tables(self) -> I32:
        """The rank of every port of every block, one block's table after the other; -1 where not probed."""
        tables = np.full(max(len(self.blocks), 1) * PORTS, -1, np.int32)
        ranks = np.arange(len(self._ports)) - np.repeat(self._port_base, self._lengths)
        tables[self._port_keys] = ranks.astype(np.int32)
        return tables


def _running(lengths: I64) -> I64:
    """Where each of consecutive pieces begins."""
    return np.cumsum(lengths) - lengths


def _key_of(ports: U16) -> bytes:
    return (ports if len(ports) == 1 else distinct(ports)).astype("<u2").tobytes()


def _ports_of(key: bytes) -> U16:
    return np.frombuffer(key, "<u2").astype(np.uint16)


def _disjoint(groups: dict[bytes, AddressSpace]) -> dict[bytes, AddressSpace]:
    """The same probes with no address in two groups: sweep over all borders, unite what covers each piece."""
    events = []
    for ports, addresses in groups.items():
        for first, last in addresses.ranges():
            events += [(first, ports), (last + 1, ports)]
    events.sort()
    segments: dict[frozenset[bytes], list[tuple[int, int]]] = {}
    active: set[bytes] = set()
    start = 0
    for border, ports in events:
        if active and border > start:
            segments.setdefault(frozenset(active), []).append((start, border - 1))
        active ^= {ports}  # within a group ranges neither overlap nor touch, so borders alternate
        start = border
    united: dict[bytes, list[tuple[int, int]]] = {}
    for together, spans in segments.items():
        ports = _key_of(np.concatenate([_ports_of(key) for key in together]))
        united.setdefault(ports, []).extend(spans)
    return {ports: AddressSpace.of(spans) for ports, spans in united.items()}
