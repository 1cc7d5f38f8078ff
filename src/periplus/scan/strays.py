"""Answers from another port than was asked, brought home.

A TFTP server answers each request from a new port (RFC 1350 section 4), and many devices answer a search by SSDP from
one of their own. Such a datagram comes from a port that nobody asked, to one of ours. If it begins as that service's
answers do, and the port that it came to is one from which a try went to that host's service, it counts as the
service's answer.

Limit: a host that answers another question in the same words, from a port that fits by chance (one in sixteen), is
taken for the service as well; it is the host's own word all the same.
"""

from collections.abc import Mapping

import numpy as np

from periplus.columns import I64, U8, U32, Mask
from periplus.engine.engine import Engine
from periplus.scan.tries import Tries
from periplus.space.address import Addresses
from periplus.technique.match import signals_of
from periplus.technique.model import Table
from periplus.wire.decode import Decoded, Kind

__all__ = ["bring_home"]

WORD = 4


def bring_home(
    decoded: Decoded, elsewhere: Mapping[int, tuple[bytes, ...]], tries: Tries, table: Table, engine: Engine
) -> None:
    """Give answers that come from elsewhere the port that was asked, in place.

    `elsewhere`: by port how such answers begin; `tries` and `table` are the technique's.
    """
    datagrams = np.flatnonzero(decoded.kind == Kind.UDP)
    for port, heads in elsewhere.items() if len(datagrams) else ():
        rows = datagrams[_begins(decoded.seq[datagrams], heads) & (decoded.port_them[datagrams] != port)]
        if len(rows):
            answers = decoded[rows]
            answers.port_them[:] = port
            heard = tries.hear(table, signals_of(answers), answers)
            asked = heard.attempt < _tries_made(engine, answers.them, answers.port_them)
            decoded.port_them[rows[heard.ours & asked]] = port


def _begins(word: U32, heads: tuple[bytes, ...]) -> Mask:
    """Which words, of four bytes, begin with one of these."""
    begins = np.zeros(len(word), np.bool_)
    for head in heads:
        behind = np.uint32(8 * (WORD - len(head)))
        begins |= word >> behind == int.from_bytes(head)
    return begins


def _tries_made(engine: Engine, them: Addresses, port: "np.ndarray[tuple[int], np.dtype[np.uint16]]") -> U8:
    """How often each host's port was asked so far."""
    group, cell = engine.locate(them, port)
    made = np.zeros(len(cell), np.uint8)
    for number in np.unique(group[group >= 0]):
        mine: I64 = np.flatnonzero(group == number)
        made[mine] = engine.groups[int(number)].cells.tries[cell[mine]]
    return made
