"""What an engine knows of hosts that are not reported yet, as columns that outlive the process, and back again.

Each host's ports are asked in an order of its own (`portorder`), so how far it was asked is one number, and what came
of the ports up to there are verdicts or tries in vain. A probe that was on its way when the process died is as good
as never sent, since nobody heard its answer: a first try is taken back, and with it whatever unanswered stands behind
it in the order; a later one is made again.

A host that the engine was done with, but that nobody has reported yet, is done with at once when it comes again:
nothing is asked of it.

The lists of tries (see `group`) are laid as they would stand: in each host's memory the cells with most tries first,
so that the list of try k lies where all cells with more tries end.

Limits: what was learned of the pace, of windows and of rations is learned again, and clocks begin anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from periplus.columns import I64, Mask, distinct
from periplus.engine.group import Group, HostState
from periplus.engine.lists import ragged_ranks, spread
from periplus.engine.replies import FIRST_UNANSWERED, Unanswered
from periplus.engine.tables import NO_STRETCH
from periplus.space.address import Addresses
from periplus.technique.verdict import State

__all__ = ["COLUMNS", "Remains", "joined_remains", "remains_of", "restore"]

HOSTS = {
    "allowed": "u1",
    "heard": "i4",
    "lost": "i4",
    "proved": "u1",
    "reason": "u1",
    "ttl": "u1",
    "timed_out": "u1",
    "window_low": "u2",
    "window_high": "u2",
}
TRIPS = {"srtt_us": "f8", "rttvar_us": "f8", "rto_us": "f8", "least_us": "f8"}
CELLS = {"state": "u1", "reason": "u1", "ttl": "u1", "tries": "u1", "rtt_ms": "f4"}
COLUMNS: dict[str, str] = {
    "hi": "u8",
    "lo": "u8",
    "count": "i8",
    "asked": "i8",
    **{f"host_{name}": dtype for name, dtype in HOSTS.items()},
    "host_done": "u1",
    "host_stopped": "i8",
    "host_resumed": "u1",
    **TRIPS,
    **{f"cell_{name}": dtype for name, dtype in CELLS.items()},
    "cell_sender": "i4",
    "router_hi": "u8",
    "router_lo": "u8",
}


@dataclass(frozen=True, slots=True, eq=False)
class Remains:
    """Columns by name, as `COLUMNS` has them: a row a host, a row a cell of each, and the routers that answered.

    asked: how far in its order a host was asked; done: nothing more is; stopped: at which probe it fell silent, 0 if
    it has not, and resumed: whether it answered again; sender: the router's row, -1 the host itself.
    """

    columns: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.columns["hi"])

    @property
    def addresses(self) -> Addresses:
        """The hosts."""
        return Addresses(self.columns["hi"], self.columns["lo"])

    def without(self, gone: Mask) -> "Remains":
        """Those of the other hosts; all routers are kept."""
        if not gone.any():
            return self
        kept = {True: np.repeat(~gone, self.columns["count"]), False: ~gone}
        return Remains(
            {
                name: column if name.startswith("router") else column[kept[name.startswith("cell")]]
                for name, column in self.columns.items()
            }
        )


def remains_of(group: Group, done: I64 | None = None) -> Remains:
    """What is known of the hosts of a group that have been asked and are not finished; or of these, which are."""
    hosts = group.hosts
    going = (hosts.status <= HostState.ACTIVE) & ((group.taken[0] > 0) | (hosts.answered > 0))
    rows = np.flatnonzero(going) if done is None else done
    owner, rank = spread(hosts.count[rows])
    cell = hosts.first[rows][owner] + rank
    columns: dict[str, Any] = {
        "hi": group.addresses.hi[rows],
        "lo": group.addresses.lo[rows],
        "count": hosts.count[rows],
        "asked": group.taken[0][rows],
        "cell_sender": group.cells.sender[cell].astype(np.int32) - 1,
        "router_hi": [router >> 64 for router in group.routers[1:]],
        "router_lo": [router & ((1 << 64) - 1) for router in group.routers[1:]],
    }
    columns |= {f"host_{name}": getattr(hosts, name)[rows] for name in HOSTS}
    nothing = np.zeros(len(rows))
    columns["host_done"] = hosts.status[rows] > HostState.ACTIVE
    columns["host_stopped"] = group.hush.columns.stopped_at[rows] if group.watched else nothing
    columns["host_resumed"] = group.hush.resumed[rows] if group.watched else nothing
    trips = group.trips_of(rows)
    columns |= {name: getattr(trips, name) for name in TRIPS}
    columns |= {f"cell_{name}": getattr(group.cells, name)[cell] for name in CELLS}
    return Remains({name: np.asarray(columns[name], dtype) for name, dtype in COLUMNS.items()})


def joined_remains(parts: Iterable[Remains]) -> Remains:
    """Several in one."""
    columns: dict[str, list[NDArray[Any]]] = {name: [np.zeros(0, dtype)] for name, dtype in COLUMNS.items()}
    routers = 0
    for part in parts:
        sender = part.columns["cell_sender"]
        moved = np.where(sender >= 0, sender + routers, -1).astype(np.int32)
        for name, column in {**part.columns, "cell_sender": moved}.items():
            columns[name].append(column)
        routers += len(part.columns["router_hi"])
    return Remains({name: np.concatenate(some) for name, some in columns.items()})


def restore(group: Group, remains: Remains) -> Mask:
    """Let the hosts of a new group stand where they stood; return which rows of `remains` were used."""
    used = np.zeros(len(remains), np.bool_)
    row, host = _common(remains, group)
    if not len(row):
        return used
    used[row] = True
    columns = remains.columns
    for name in HOSTS:
        getattr(group.hosts, name)[host] = columns[f"host_{name}"][row]
    group.hosts.allowed[host] = np.minimum(group.hosts.allowed[host], group.timing.max_tries)
    group.lengthen()
    for name in TRIPS:
        getattr(group.trips, name)[host] = columns[name][row]
    group.hosts.done_before[host] = columns["host_done"][row]
    _leave_alone(group, host, columns["host_stopped"][row], columns["host_resumed"][row])
    owner, rank = spread(columns["count"][row])
    first = np.cumsum(columns["count"]) - columns["count"]
    source, cell = first[row][owner] + rank, group.hosts.first[host][owner] + rank
    for name in CELLS:
        getattr(group.cells, name)[cell] = columns[f"cell_{name}"][source]
    group.cells.stretch[cell] = NO_STRETCH
    _restore_senders(group, cell, columns["cell_sender"][source], columns)
    asked = np.zeros(len(group), np.int64)
    asked[host] = columns["asked"][row]
    _take_back_flights(group, asked)
    _lay_lists(group, cell, host[owner])
    _count(group, cell, host[owner])
    group.recount()
    return used


def _leave_alone(group: Group, host: I64, stopped: NDArray[Any], resumed: NDArray[Any]) -> None:
    """Who had stopped answering is still left alone, unless nothing is to be asked of it anyway."""
    if stopped.any():
        which = np.zeros(len(group), np.bool_)
        which[host[stopped > 0]] = True
        done = group.hosts.done_before > 0
        group.hush.columns.stopped_at[host] = stopped
        group.hush.columns.slow[host] = resumed * done[host]
        group.hush.leave(which & ~done, 0)


def _common(remains: Remains, group: Group) -> tuple[I64, I64]:
    """Which rows of the remains are which hosts of the group, with as many cells."""
    place = {address: row for row, address in enumerate(remains.addresses.ints())}
    found = np.array([place.get(address, -1) for address in group.addresses.ints()], np.int64)
    host = np.flatnonzero(found >= 0)
    row = found[host]
    same = remains.columns["count"][row] == group.hosts.count[host]
    return row[same], host[same]


def _restore_senders(
    group: Group, cell: I64, sender: NDArray[Any], columns: Mapping[str, NDArray[Any]]
) -> None:
    for each in distinct(sender[sender >= 0]).tolist():
        router = (int(columns["router_hi"][each]) << 64) | int(columns["router_lo"][each])
        group.cells.sender[cell[sender == each]] = group.router_number(router)


def _take_back_flights(group: Group, asked: I64) -> None:
    """Nobody heard what was on its way: hosts are asked on from the first of these, later tries are made again."""
    cells = group.cells
    host, position = spread(asked)
    cell = group.hosts.first[host] + group.orders.at(host, position)
    flying = cells.state[cell] == Unanswered.ASKED
    first_try = flying & (cells.tries[cell] <= 1)
    np.minimum.at(asked, host[first_try], position[first_try])
    again = cell[flying & ~first_try]
    cells.tries[again] -= 1
    cells.state[again] = Unanswered.EXPIRED
    behind = cell[(position >= asked[host]) & (cells.state[cell] >= FIRST_UNANSWERED)]
    cells.state[behind] = Unanswered.FRESH
    cells.tries[behind] = 0
    group.taken[0][:] = asked


def _lay_lists(group: Group, cell: I64, host: I64) -> None:
    """Put what was asked in vain into the lists of its next tries."""
    waiting = group.cells.state[cell] == Unanswered.EXPIRED
    cell, host = cell[waiting], host[waiting]
    tries = np.minimum(group.cells.tries[cell], group.timing.max_tries).astype(np.int64)
    most_first = np.lexsort((-tries, host))
    cell, host, tries = cell[most_first], host[most_first], tries[most_first]
    first = group.hosts.first[host]
    group.cells.again[first + ragged_ranks(host)] = (cell - first).astype(np.uint16)
    for attempt in range(1, len(group.ready)):
        group.ready[attempt] = np.bincount(host[tries >= attempt], minlength=len(group))
        if attempt + 1 < len(group.ready):
            group.taken[attempt] = np.bincount(host[tries > attempt], minlength=len(group))
    done = group.hosts.done_before > 0
    group.taken[:, done] = group.ready[:, done]


def _count(group: Group, cell: I64, host: I64) -> None:
    state = group.cells.state[cell]
    for name, told in (("answered", state < FIRST_UNANSWERED), ("opened", state == State.OPEN)):
        getattr(group.hosts, name)[:] += np.bincount(host[told], minlength=len(group)).astype(np.int32)
