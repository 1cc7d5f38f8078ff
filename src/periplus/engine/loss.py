"""Loss is measured, not guessed, and it decides how many tries silence deserves.

A probe that is answered on its third try says that two were lost on the way there or back; one answered at once
says that none was. Few answers say little, so each host's share leans on that of its network (/24 or /64), and that
on the whole run's (shrinkage by pseudo-counts).

What silence may hide follows: of `open` ports found with a chance `q = p**tries` each of having stayed silent,
`open * q / (1 - q)` more are expected among the silent. A host that answered nothing can hide open ports only
if all its answers were lost: with `c` answers a host as the others give, the chance is `q**c`.

Where the rate itself caused loss, that chance is not the same for all: a cell whose tries fell into the bad time may
have lost them all while the average looks harmless. But ports are asked in random order, so of those first asked in
one era of the pace (`brake`) as many should stay silent as in any other; what an era has more of was lost.

Limits: losses are taken as independent from try to try; a firewall that drops every second probe of a port
would look like loss, a port rate-limited for ever like silence.
"""

import numpy as np

from periplus.columns import F64, I32, I64, U8, Mask, distinct

__all__ = ["expected_missed", "hidden_by_eras", "lost_shares", "per_try", "shares"]

PRIOR_LOST = 0.05  # before anything is known: 1 % loss, with the weight of five probes
PRIOR_PROBES = 5.0
# Of hosts that answer some scan of the whole of IPv4, one probe each finds 98 % (Durumeric et al., "ZMap", USENIX
# Security 2013, section 4.2).
UNMEASURED = 0.02
LEAN = 20.0  # probes that the wider circle's share weighs in the narrower one's
PRIOR_OPEN = 0.5  # a host that answers may have an open port though none was seen
MOST_LOSS = 0.9
COMPARABLE = 100  # cells without which an era is no measure for others
LEAST_SPREAD = 0.01  # the least variance that is assumed
SURE = 6.0  # the square of how many standard errors two eras may differ by chance, each
_CHANCES = np.linspace(0.0, MOST_LOSS, 451)


def shares(lost: I32, heard: I32, network: I64, lost_all: float, heard_all: float) -> F64:
    """Return each host's loss share (0..0.9) from lost and heard probes, its network's and the run's."""
    overall = (lost_all + PRIOR_LOST) / (lost_all + heard_all + PRIOR_PROBES)
    lost_near = np.bincount(network, lost)
    heard_near = np.bincount(network, heard)
    near = (lost_near + LEAN * overall) / (lost_near + heard_near + LEAN)
    own = (lost + LEAN * near[network]) / (lost + heard + LEAN)
    return np.minimum(own, MOST_LOSS)


def per_try(share: F64, tries: U8) -> F64:
    """Return the chance that one try is lost, from the share of lost probes among cells that were answered.

    Cells that lost all of their `tries` are not among the answered, so the share is too small. With at most `k`
    tries the answered have lost `p / (1 - p) - k p**k / (1 - p**k)` on average (a truncated geometric
    distribution); this is solved for `p` by a table. One try alone tells nothing: then `UNMEASURED` is assumed, or
    the share if that is more.
    """
    lost_each = share / (1 - share)
    chance = np.where(tries > 1, share, np.maximum(share, UNMEASURED))
    for most in distinct(tries[tries > 1]):
        same = tries == most
        chance[same] = np.interp(lost_each[same], _lost_on_average(int(most)), _CHANCES)
    return chance


def _lost_on_average(tries: int) -> F64:
    powers = _CHANCES**tries
    average: F64 = _CHANCES / (1 - _CHANCES) - tries * powers / (1 - powers)
    return average


def expected_missed(loss: F64, tries: U8, opened: I32, answered: I32, silent: I32) -> F64:
    """Return the expected number of open ports among each host's silent ones; columns by host."""
    stays_silent = loss ** np.maximum(tries, 1)
    answering = answered > 0
    hidden = (opened + PRIOR_OPEN) * stays_silent / (1 - stays_silent)
    hosts_up = int(answering.sum())
    if hosts_up < len(answering):
        mute = len(answering) - hosts_up
        each = answered.sum() / hosts_up if hosts_up else np.inf
        all_silent = stays_silent ** max(each, 1.0)
        found = opened.sum() + PRIOR_OPEN if hosts_up else 0.0
        hidden = np.where(answering, hidden, found * all_silent / (1 - all_silent) / mute)
    return np.minimum(hidden, silent)


def lost_shares(era: I64, silent: Mask) -> F64:
    """Return by era which share of its silent cells would have been answered in the best one.

    0 where the difference may be chance. Of many eras some two differ by more than two do, so the doubt grows with
    the number of pairs, as a normal distribution's tail asks for.

    `era` and `silent` are columns by cell: when it was first asked, and whether no answer came.
    """
    asked = np.bincount(era)
    share = np.bincount(era[silent], minlength=len(asked)) / np.maximum(asked, 1)
    comparable = asked >= COMPARABLE
    eras = np.count_nonzero(asked)
    if eras < 2 or not comparable.any():
        return np.zeros(len(asked))
    errors = np.sqrt(SURE + np.log(eras * (eras - 1) / 2))
    # An era's own share may be 0 by chance and then has no error; that of all is what chance alone would give it.
    every = np.count_nonzero(silent) / len(silent)
    spread = np.maximum(share * (1 - share), max(every * (1 - every), LEAST_SPREAD))
    doubt = errors * np.sqrt(spread / np.maximum(asked, 1))
    usual = (share + doubt)[comparable].min()
    lost: F64 = np.where(share - doubt > usual, 1 - usual / np.maximum(share, 1e-9), 0.0)
    return lost


def hidden_by_eras(lost_cells: F64, opened: I32, answered: I32) -> F64:
    """Return the expected number of open ports among cells that were lost: as many as among the answered.

    Columns by host; a host that answered nothing tells nothing of what its cells would have been.
    """
    hidden: F64 = lost_cells * (opened + PRIOR_OPEN) / np.maximum(answered, 1)
    return np.where(answered > 0, hidden, 0.0)
