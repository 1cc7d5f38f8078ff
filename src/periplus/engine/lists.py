"""Small vectorised steps over ragged lists: many lists in one column, told apart by an owner's number."""

import numpy as np

from periplus.columns import I64

__all__ = ["concatenated", "fair_shares", "interleaved", "ragged_ranks", "spread"]


def concatenated(chunks: list[I64]) -> I64:
    """Join lists one behind the other; none give an empty column."""
    return np.concatenate(chunks) if chunks else np.zeros(0, np.int64)


def interleaved(chunks: list[I64]) -> I64:
    """Join lists so that each is spread evenly over the whole: what stands last in a burst is lost first."""
    if len(chunks) < 2:
        return concatenated(chunks)
    places = np.concatenate([(np.arange(len(chunk)) + 0.5) / len(chunk) for chunk in chunks])
    return concatenated(chunks)[np.argsort(places, kind="stable")]


def spread(counts: I64) -> tuple[I64, I64]:
    """Return (owner, rank) for lists of these lengths: `counts` [2, 0, 1] gives [0, 0, 2] and [0, 1, 0]."""
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]


def ragged_ranks(owner: I64) -> I64:
    """Return for each row how many rows before it have the same owner; `owner` in any order."""
    by_owner = np.argsort(owner, kind="stable")
    ordered = owner[by_owner]
    new = np.flatnonzero(np.diff(ordered, prepend=-1))
    starts = np.repeat(new, np.diff(new, append=len(owner)))
    ranks = np.empty(len(owner), np.int64)
    ranks[by_owner] = np.arange(len(owner)) - starts
    return ranks


def fair_shares(wanted: I64, budget: int, turn: int = 0) -> I64:
    """Divide a budget: everybody gets the same up to what is wanted; what is left over goes round from `turn`."""
    total = int(wanted.sum())
    if total <= budget:
        return wanted
    if len(wanted) == 1:
        return np.array([budget], np.int64)
    hungry = np.flatnonzero(wanted)
    if budget < len(hungry):  # nobody gets more than one
        shares = np.zeros(len(wanted), np.int64)
        shares[hungry[(np.arange(budget) + turn) % len(hungry)]] = 1
        return shares
    ascending = np.sort(wanted)
    # What is spent when everybody is capped at the i-th smallest wish.
    spent = np.cumsum(ascending) + ascending * np.arange(len(wanted) - 1, -1, -1)
    unmet = int(np.searchsorted(spent, budget, "right"))
    met = int(ascending[:unmet].sum())
    cap, left = divmod(budget - met, len(wanted) - unmet)
    shares = np.minimum(wanted, cap)
    hungry = np.flatnonzero(wanted > cap)
    lucky = hungry[(np.arange(left) + turn) % len(hungry)]
    shares[lucky] += 1
    return shares
