"""Who sent an answer, where that was not the target itself: a router's number in the group's list of them."""

from typing import TYPE_CHECKING

import numpy as np

from periplus.columns import I64
from periplus.engine.replies import Replies

if TYPE_CHECKING:
    from periplus.engine.group import Group

__all__ = ["note_senders"]


def note_senders(group: "Group", replies: Replies, chosen: I64, cell: I64) -> None:
    """Keep by cell who sent the chosen replies."""
    if replies.sender is None:
        return
    sender = replies.sender[chosen]
    target = group.addresses[group.host_of(cell)]
    other = np.flatnonzero((sender.hi != target.hi) | (sender.lo != target.lo))
    if not len(other):
        return
    pairs = np.stack([sender.hi[other], sender.lo[other]], axis=1)
    routers, row = np.unique(pairs, axis=0, return_inverse=True)
    numbers = [group.router_number((int(hi) << 64) | int(lo)) for hi, lo in routers]
    group.cells.sender[cell[other]] = np.array(numbers, np.uint16)[row.reshape(-1)]
