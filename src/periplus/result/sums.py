"""Adds up the summaries of runs that belong together: of one run before and after it was interrupted, of its shards.

Of loss only the share is known; it is weighed by the replies that it was measured by.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from periplus.result.row import Crowded, SummaryRow

__all__ = ["added", "joined"]


def added(earlier: SummaryRow, later: SummaryRow) -> SummaryRow:
    """The summary of a run that was interrupted and went on: same hosts, and the time that was worked."""
    return _added([earlier, later], later.hosts, earlier.seconds + later.seconds, later)


def joined(summaries: Sequence[SummaryRow], hosts: int, seconds: float) -> SummaryRow:
    """The summary of several runs; the end is that of the one that ended last."""
    return _added(summaries, hosts, seconds, max(summaries, key=lambda each: each.ended))


def _added(rows: Sequence[SummaryRow], hosts: int, seconds: float, last: SummaryRow) -> SummaryRow:
    probes, replies = sum(row.probes for row in rows), sum(row.replies for row in rows)
    discarded: Counter[str] = Counter()
    for row in rows:
        discarded.update(row.discarded)
    return replace(
        last,
        hosts_up=sum(row.hosts_up for row in rows),
        hosts=hosts,
        probes=probes,
        replies=replies,
        loss=_loss(rows),
        expected_missed_open=sum(row.expected_missed_open for row in rows),
        seconds=seconds,
        rate=probes / seconds if seconds else 0.0,
        kernel_drops=sum(row.kernel_drops for row in rows),
        discarded=dict(discarded),
        crowded=tuple(_crowded(rows)),
        stopped=sum(row.stopped for row in rows),
        outages=sum(row.outages for row in rows),
    )


def _loss(rows: Sequence[SummaryRow]) -> float | None:
    """Over the runs that measured it."""
    measured = [(row.loss, row.replies) for row in rows if row.loss is not None]
    if not measured:
        return None
    return sum(loss * replies for loss, replies in measured) / max(sum(replies for _, replies in measured), 1)


def _crowded(rows: Sequence[SummaryRow]) -> Iterator[Crowded]:
    """A network that several runs tell of is one, with all its hosts."""
    found = [each for row in rows for each in row.crowded]
    for network in dict.fromkeys(each.network for each in found):
        parts = [each for each in found if each.network == network]
        yield Crowded(network, sum(each.hosts for each in parts), sum(each.up for each in parts))
