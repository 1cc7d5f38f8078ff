"""Which ports are worth a line, and what is said of the others: Nmap's folding.

Of 1,000 ports of a usual host 997 say the same. A state that more than 25 ports of a host share is told as a
count with its reasons ("Not shown: 997 closed tcp ports (reset)"); every step of verbosity adds another 25.
Open ports are never folded, but for those that something in front of their host accepts in place of services
(`row.Tarpit`), unless ``--show-tarpits`` lists them. ``--open`` folds every state that does not hold an open port.
The figures were read off Nmap 7.93's behaviour.

Columns stay columns: what is folded costs a few NumPy passes and never an object a port.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from periplus.columns import I64, U16, Mask
from periplus.result.batch import HostBatch
from periplus.result.row import HostReport, PortColumns, PortRow, Tarpit
from periplus.result.writer import Options
from periplus.technique.verdict import Reason, State

__all__ = [
    "FOLD_OVER",
    "Folded",
    "FoldedBatch",
    "Folder",
    "Group",
    "Look",
    "fold",
    "fold_batch",
    "look",
    "rows",
    "told",
]

MANY_PORTS, MOST_KNOWN = 64, 4096
FOLD_OVER = 25  # ports of one state that are still shown one by one, for each step of verbosity

POSSIBLY_OPEN = (State.OPEN, State.UNFILTERED, State.OPEN_FILTERED)

Look = tuple[tuple[str, bytes, bytes, bytes], ...]

STATES = len(State)
REASONS = len(Reason)


@dataclass(frozen=True, slots=True)
class Group:
    """Folded ports of one protocol that share state and reason: `count` of them. Open ones are a tarpit's.

    `ports` ascend; empty where nobody knows which they are.
    """

    proto: str
    state: State
    reason: Reason
    count: int
    ports: U16


@dataclass(frozen=True, slots=True)
class Folded:
    """What a host shows port by port, and what it only counts.

    `shown` has one column of port numbers for each of the host's `columns`, in the same order.
    `shown_states` are the states that the shown ports have.
    `groups` are sorted: the state with most ports first, in it the reason with most ports first.
    """

    shown: tuple[U16, ...]
    groups: tuple[Group, ...]
    shown_states: tuple[State, ...]
    possibly_open: bool

    @property
    def n_shown(self) -> int:
        """Ports that have a line of their own."""
        return sum(len(ports) for ports in self.shown)

    @property
    def n_folded(self) -> int:
        """Ports that are only counted."""
        return sum(group.count for group in self.groups)

    def states(self) -> list[tuple[State, list[Group]]]:
        """The groups state by state, in their order."""
        by_state: dict[State, list[Group]] = {}
        for group in self.groups:
            by_state.setdefault(group.state, []).append(group)
        return list(by_state.items())


NOTHING = Folded((), (), (), possibly_open=False)


def fold(host: HostReport, options: Options, *, unfold: bool = False) -> Folded:
    """Split the host's ports into shown and folded. With `unfold` only ``--open`` folds anything."""
    if not host.columns:  # most hosts of a sweep
        return NOTHING
    if sum(len(columns.ports) for columns in host.columns) <= FOLD_OVER and _is_plain(host, options):
        return _all_shown(host)
    counts = np.zeros(STATES, dtype=np.int64)
    for columns in host.columns:
        counts += np.bincount(columns.state, minlength=STATES)
    for each in host.unlisted:
        counts[each.state] += each.count
    folded = _folded_states(counts, options, unfold=unfold)
    hidden = [folded[columns.state] for columns in host.columns]
    if host.tarpit is not None and not (unfold or options.show_tarpits):
        hidden = [
            mask | _accepting(host.tarpit, each) for mask, each in zip(hidden, host.columns, strict=True)
        ]
    pairs = list(zip(host.columns, hidden, strict=True))
    shown = tuple(columns.ports[~mask] for columns, mask in pairs)
    groups = [group for columns, mask in pairs for group in _groups(columns, mask)]
    unknown = np.zeros(0, np.uint16)
    groups += [Group(each.proto, each.state, each.reason, each.count, unknown) for each in host.unlisted]
    groups.sort(key=lambda group: (-int(counts[group.state]), group.state, -group.count, group.reason))
    present = [state for state in State if counts[state]]
    return Folded(
        shown,
        tuple(groups),
        shown_states=tuple(state for state in present if not folded[state]),
        possibly_open=any(state in POSSIBLY_OPEN for state in present),
    )


class Folder:
    """Folds host after host as `fold` does; hosts whose ports look alike are folded once."""

    def __init__(self, options: Options, *, unfold: bool = False) -> None:
        self._options, self._unfold = options, unfold
        self._known: dict[Look, Folded] = {}

    def fold(self, host: HostReport) -> Folded:
        """Split the host's ports into shown and folded."""
        seen = look(host)
        if seen is None:
            return fold(host, self._options, unfold=self._unfold)
        if seen not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[seen] = fold(host, self._options, unfold=self._unfold)
        return self._known[seen]


def look(host: HostReport) -> Look | None:
    """All that folding a host depends on; None where comparing costs more than it saves."""
    parts = host.columns
    if host.tarpit or host.unlisted or any(len(part.ports) > MANY_PORTS for part in parts):
        return None
    return tuple(
        (part.proto, part.ports.tobytes(), part.state.tobytes(), part.reason.tobytes()) for part in parts
    )


@dataclass(frozen=True, slots=True)
class FoldedBatch:
    """What many hosts show port by port, and what they only count.

    `shown` is by port; by host and state are `counts` of ports and which states are `folded`.
    """

    shown: Mask
    counts: I64
    folded: Mask
    possibly_open: Mask


def fold_batch(batch: HostBatch, options: Options) -> FoldedBatch:
    """As `fold` does, for all hosts of a batch at once."""
    table, n = batch.table, len(batch)
    if table is None:
        counts = np.zeros((n, STATES), np.int64)
        return FoldedBatch(np.zeros(0, np.bool_), counts, counts > 0, np.zeros(n, np.bool_))
    counts = np.bincount(table.host * STATES + table.state, minlength=n * STATES).reshape(n, STATES)
    folded = _folded_states(counts, options, unfold=False)
    shown = ~folded[table.host, table.state]
    possibly_open = counts[:, POSSIBLY_OPEN].sum(axis=1) > 0
    return FoldedBatch(shown, counts, folded, possibly_open)


def told(batch: HostBatch, folded: FoldedBatch, options: Options) -> Mask:
    """Which hosts are written at all by a format that writes hosts: those that are down only with ``-v``."""
    if options.open_only:
        return batch.up & folded.possibly_open
    return batch.up | bool(options.verbose)


def _is_plain(host: HostReport, options: Options) -> bool:
    """Whether only the number of ports can fold anything."""
    return host.tarpit is None and not host.unlisted and not options.open_only


def _all_shown(host: HostReport) -> Folded:
    """As `fold` for a host with so few ports that each has its line; most of a large scan are such."""
    states = sorted({state for columns in host.columns for state in columns.state.tolist()})
    present = tuple(map(State, states))
    shown = tuple(columns.ports for columns in host.columns)
    return Folded(shown, (), present, possibly_open=any(state in POSSIBLY_OPEN for state in present))


def _folded_states(counts: np.ndarray, options: Options, *, unfold: bool) -> np.ndarray:
    """Which states are folded; the last axis of `counts` is the states."""
    folded = np.zeros(counts.shape, dtype=np.bool_) if unfold else counts > FOLD_OVER * (1 + options.verbose)
    if options.open_only:
        folded[..., [state for state in State if state not in POSSIBLY_OPEN]] = True
    folded[..., State.OPEN] = False
    return folded & (counts > 0)


def _accepting(tarpit: Tarpit, columns: PortColumns) -> Mask:
    """Which ports are open only because something accepts everything."""
    mine: Mask = np.isin(columns.ports, tarpit.ports) & (columns.proto == tarpit.proto)
    mine &= columns.state == State.OPEN
    return mine


def _groups(columns: PortColumns, mask: Mask) -> Iterator[Group]:
    if not mask.any():
        return
    ports = columns.ports[mask]
    kind = columns.state[mask].astype(np.int32) * REASONS + columns.reason[mask]
    present = np.flatnonzero(np.bincount(kind)).tolist()
    for each in present:
        state, reason = divmod(each, REASONS)
        chosen = ports[kind == each]
        yield Group(columns.proto, State(state), Reason(reason), len(chosen), chosen)


def rows(host: HostReport, folded: Folded, options: Options) -> Iterator[PortRow]:
    """The shown ports as plain rows, with the names of their services, one at a time."""
    for columns, shown in zip(host.columns, folded.shown, strict=True):
        if len(shown):
            yield from host.rows(columns, shown, options.services.names(shown.tolist(), columns.proto))
