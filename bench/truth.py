"""What is open at the responder, for any number of addresses and ports: computed, not listed.

Address and port are mixed to 32 bits, and the upper half says what is there: below `open_below` it is open, below
`closed_below` closed, else silent. `bench/responder.c` and `bench/answers.py` answer by the same hash, so the truth
of a case is known without asking. (Multiply and shift, twice; the multipliers are those of "lowbias32", which is in
the public domain.) An address answers echo requests unless the hash of it and port 0 says silent.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import U16, U32, U64, Mask

__all__ = ["FIRST", "NETWORK", "SECOND", "SPREAD", "SWEPT", "Manner", "keys", "mixed", "open_keys"]

SWEPT = "198.19.0.0/16"  # what the responder answers for
NETWORK = 198 << 8 | 19  # the upper half of its addresses
SPREAD, FIRST, SECOND = 0x9E3779B1, 0x7FEB352D, 0x846CA68B
WHOLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Manner:
    """How the responder behaves: bounds of the hash's upper half, and the loss of 65,536 frames each way."""

    open_below: int
    closed_below: int
    loss: int = 0

    @classmethod
    def of(cls, opened: float, closed: float, loss: float = 0.0) -> "Manner":
        """By shares: open, closed (the rest is silent), lost in either direction."""
        return cls(round(opened * WHOLE), round((opened + closed) * WHOLE), round(loss * WHOLE))


def mixed(them: U32, port_them: U16) -> U32:
    """The hash of address and port."""
    x = them ^ (port_them.astype(np.uint32) * np.uint32(SPREAD))
    x ^= x >> np.uint32(16)
    x *= np.uint32(FIRST)
    x ^= x >> np.uint32(15)
    x *= np.uint32(SECOND)
    x ^= x >> np.uint32(16)
    return x


def below(them: U32, port_them: U16, bound: int) -> Mask:
    """Where the hash's upper half lies below a bound."""
    found: Mask = (mixed(them, port_them) >> np.uint32(16)) < np.uint32(bound)
    return found


def keys(them: U32, port_them: U16) -> U64:
    """Address and port as one number."""
    return them.astype(np.uint64) << np.uint64(16) | port_them.astype(np.uint64)


def open_keys(them: U32, ports: U16, manner: Manner, ping: bool = False) -> U64:
    """All that is open of these addresses by these ports (`ping`: all addresses that answer an echo), ascending."""
    bound = manner.closed_below if ping else manner.open_below
    found = []
    for port in np.sort(ports):
        port_them = np.full(len(them), port, np.uint16)
        here = below(them, port_them, bound)
        found.append(keys(them[here], port_them[here]))
    return np.sort(np.concatenate(found))
