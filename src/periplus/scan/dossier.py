"""One report a host, however many pieces of work it took: what was found is kept until all of it is there.

Discovery says that a host is up and why; each technique adds its ports. Only hosts in progress are kept, and of the
silent ones of a large scan no more than how much work they still get. Where hosts are found and then asked by one
technique, as in most scans, all of it stays columns; the reports of several techniques are joined host by host.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np

from periplus.columns import I64, Mask
from periplus.result.batch import HostBatch, Hosts
from periplus.result.row import HostReport, Stopped
from periplus.space.address import Addresses
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.verdict import Reason

__all__ = ["Dossiers", "Each", "Pairs", "Undivided", "dossiers_for"]

Value = TypeVar("Value")


class Dossiers(Protocol):
    """Keeps hosts until they are whole."""

    def found(self, batch: HostBatch) -> Iterator[Hosts]:
        """Discovery is done with these hosts; yield those on which there is no work."""

    def worked(self, batch: HostBatch) -> Iterator[Hosts]:
        """A piece of work is done; yield the hosts of which it was the last, with all that is known of them."""

    def silent(self, a: Addresses) -> tuple[Hosts, Mask]:
        """A piece of work is done and has nothing to say of these hosts.

        Return what other work had to say of those of which it was the last, and of whom nobody will say anything.
        """

    def unfinished(self) -> Iterator[Hosts]:
        """Yield what there is of hosts that will not be finished."""


def dossiers_for(spaces: Sequence[Space], *, finds: bool) -> Dossiers:
    """`spaces`: what each piece of work asks; `finds`: whether the hosts are looked for first."""
    if len(spaces) + finds < 2:
        return Undivided()
    return Pairs(spaces[0]) if len(spaces) == 1 else Each(spaces)


class Undivided:
    """There is only one thing to do with each host."""

    def found(self, batch: HostBatch) -> Iterator[Hosts]:
        """Yield all."""
        yield batch

    def worked(self, batch: HostBatch) -> Iterator[Hosts]:
        """Yield all."""
        yield batch

    def silent(self, a: Addresses) -> tuple[Hosts, Mask]:
        """There is no other work."""
        return (), np.ones(len(a), np.bool_)

    def unfinished(self) -> Iterator[Hosts]:
        """Nothing is kept."""
        return iter(())


class Pairs:
    """Hosts are found, then asked by one technique. Who waits for that has a row, by the number of the host; what few
    hosts have is kept apart, so that bringing rows together is a matter of columns."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._numbers: I64 = np.zeros(0, np.int64)  # of those who wait, ascending
        self._waiting: HostBatch | None = None
        self._new: list[HostBatch] = []
        self._names: dict[int, tuple[tuple[str, str], ...]] = {}
        self._macs: dict[int, str] = {}
        self._notes: dict[int, tuple[str, ...]] = {}
        self._stopped: dict[int, tuple[Stopped, ...]] = {}

    def found(self, batch: HostBatch) -> Iterator[Hosts]:
        """Yield those who are down, or are asked nothing else."""
        waits: Mask = batch.up & (self._space.host_of(batch.addresses) >= 0)
        if waits.any():
            self._keep(batch.only(waits))
        if not waits.all():
            yield batch.only(~waits)

    def worked(self, batch: HostBatch) -> Iterator[Hosts]:
        """Yield all, those who were found with what was known of them."""
        self._gather()
        known: Mask = np.isin(self._space.host_of(batch.addresses), self._numbers)
        if known.any():
            whole = batch.only(known)
            yield whole.after(self._taken(self._space.host_of(whole.addresses)))
        if not known.all():
            yield batch.only(~known)

    def silent(self, a: Addresses) -> tuple[Hosts, Mask]:
        """Return those who waited as they were found."""
        self._gather()
        numbers = self._space.host_of(a)
        known: Mask = np.isin(numbers, self._numbers)
        return self._taken(numbers[known]) if known.any() else (), ~known

    def unfinished(self) -> Iterator[Hosts]:
        """Yield those who still wait."""
        self._gather()
        if len(self._numbers):
            yield self._taken(self._numbers)

    def _keep(self, batch: HostBatch) -> None:
        numbers = self._space.host_of(batch.addresses).tolist()
        self._names |= {numbers[row]: each for row, each in batch.names.items()}
        self._macs |= {numbers[row]: each for row, each in batch.macs.items()}
        self._notes |= {numbers[row]: each for row, each in batch.notes.items()}
        self._stopped |= {numbers[row]: each for row, each in batch.stopped.items()}
        self._new.append(replace(batch, names={}, macs={}, notes={}, stopped={}))

    def _gather(self) -> None:
        """Bring those who were found since the last time to where the others wait."""
        if not self._new:
            return
        every = _one(self._new if self._waiting is None else [self._waiting, *self._new])
        numbers = self._space.host_of(every.addresses)
        order = np.argsort(numbers)
        self._numbers, self._waiting, self._new = numbers[order], every.at(order), []

    def _taken(self, numbers: I64) -> HostBatch:
        """Return these hosts, in their order; they wait no longer."""
        assert self._waiting is not None
        rows = np.searchsorted(self._numbers, numbers)
        taken, kept = self._waiting.at(rows), np.ones(len(self._numbers), np.bool_)
        kept[rows] = False
        self._numbers, self._waiting = self._numbers[kept], self._waiting.only(kept)
        return replace(
            taken,
            names=_popped(self._names, numbers),
            macs=_popped(self._macs, numbers),
            notes=_popped(self._notes, numbers),
            stopped=_popped(self._stopped, numbers),
        )


def _one(parts: Sequence[HostBatch]) -> HostBatch:
    """Several batches as one, by their columns: none has ports, or what few hosts have."""
    return HostBatch(
        addresses=Addresses.concat([each.addresses for each in parts]),
        up=np.concatenate([each.up for each in parts]),
        reason=np.concatenate([each.reason for each in parts]),
        started=np.concatenate([each.started for each in parts]),
        ended=np.concatenate([each.ended for each in parts]),
        ttl=np.concatenate([each.ttl for each in parts]),
        srtt_ms=np.concatenate([each.srtt_ms for each in parts]),
        rttvar_ms=np.concatenate([each.rttvar_ms for each in parts]),
        timeout_ms=np.concatenate([each.timeout_ms for each in parts]),
        timed_out=np.concatenate([each.timed_out for each in parts]),
    )


def _popped(kept: dict[int, Value], numbers: I64) -> dict[int, Value]:
    """Take out what these hosts have; by row."""
    if not kept:
        return {}
    return {row: kept.pop(number) for row, number in enumerate(numbers.tolist()) if number in kept}


class Each:
    """Hosts are asked by several techniques, and joined one by one."""

    def __init__(self, spaces: Sequence[Space]) -> None:
        self._spaces = spaces
        self._hosts = AddressSpace.union(block.addresses for space in spaces for block in space.blocks)
        self._numbers: I64 = np.zeros(0, np.int64)  # of those in progress, ascending
        self._missing: I64 = np.zeros(0, np.int64)  # how many pieces of work each still gets
        self._kept: dict[int, HostReport] = {}

    def _works(self, a: Addresses) -> I64:
        """By host, how many pieces of work it gets."""
        works = np.zeros(len(a), np.int64)
        for space in self._spaces:
            works += space.host_of(a) >= 0
        return works

    def _done(self, a: Addresses) -> tuple[I64, Mask]:
        """A piece of work is done; return the numbers of these hosts, and of which it was the last."""
        numbers, missing = self._hosts.rank_of(a), self._works(a)
        place = np.searchsorted(self._numbers, numbers)
        known: Mask = np.isin(numbers, self._numbers)
        missing[known] = self._missing[place[known]]
        missing -= 1
        last = missing <= 0
        self._missing[place[known]] = missing[known]
        self._keep_counting(self._missing > 0)
        self._count(numbers[~known & ~last], missing[~known & ~last])
        return numbers, last

    def _count(self, numbers: I64, missing: I64) -> None:
        """Work on these, who are not in progress, has begun."""
        if len(numbers):
            numbers = np.concatenate([self._numbers, numbers])
            order = np.argsort(numbers, kind="stable")
            self._numbers = numbers[order]
            self._missing = np.concatenate([self._missing, missing])[order]

    def _keep_counting(self, which: Mask) -> None:
        if not which.all():
            self._numbers, self._missing = self._numbers[which], self._missing[which]

    def found(self, batch: HostBatch) -> Iterator[Hosts]:
        """Yield those who are down, or are asked nothing else."""
        works = self._works(batch.addresses)
        waits: Mask = batch.up & (works > 0)
        numbers = self._hosts.rank_of(batch.addresses)[waits]
        self._count(numbers, works[waits])
        self._kept |= dict(zip(numbers.tolist(), batch.only(waits), strict=True))
        if not waits.all():
            yield batch.only(~waits)

    def worked(self, batch: HostBatch) -> Iterator[Hosts]:
        """Yield those who are whole now."""
        numbers, last = self._done(batch.addresses)
        whole = []
        for number, is_last, report in zip(numbers.tolist(), last.tolist(), batch, strict=True):
            kept = self._kept.pop(number, None)
            joined = report if kept is None else _merged(kept, report)
            if is_last:
                whole.append(joined)
            else:
                self._kept[number] = joined
        yield whole

    def silent(self, a: Addresses) -> tuple[Hosts, Mask]:
        """Of those who are whole now only the other work speaks."""
        numbers, last = self._done(a)
        told = np.isin(numbers, np.fromiter(self._kept, np.int64, len(self._kept)))
        return [self._kept.pop(number) for number in numbers[last & told].tolist()], last & ~told

    def unfinished(self) -> Iterator[Hosts]:
        """Yield what there is of hosts that will not be finished."""
        yield [*self._kept.values()]
        self._kept.clear()


def _merged(first: HostReport, second: HostReport) -> HostReport:
    """Both in one; how a host was known to be up is said by the first that knew."""
    speaks, other = (first, second) if first.up and first.reason != Reason.USER_SET else (second, first)
    return replace(
        speaks,
        up=first.up or second.up,
        columns=first.columns + second.columns,
        started=min(first.started, second.started),
        ended=max(first.ended, second.ended),
        srtt_ms=second.srtt_ms if second.srtt_ms is not None else first.srtt_ms,
        rttvar_ms=second.rttvar_ms if second.srtt_ms is not None else first.rttvar_ms,
        timeout_ms=second.timeout_ms if second.srtt_ms is not None else first.timeout_ms,
        mac=speaks.mac or other.mac,
        timed_out=first.timed_out or second.timed_out,
        notes=first.notes + second.notes,
        stopped=first.stopped + second.stopped,
    )
