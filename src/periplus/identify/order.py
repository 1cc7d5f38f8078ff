"""In which order protocols are asked of a port: what is likely there, then the rest, the commonest first.

A port's number is a hint and no more: everything up to the intensity is asked of any port, in the order of how
seldom it is met (Nmap's ``--version-intensity``: 0 asks only what is likely at the port, 9 everything).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from periplus.identify.model import First, Over, Protocol

__all__ = ["INTENSITY", "Chosen", "by_looks", "chosen"]

INTENSITY = 7


@dataclass(frozen=True, slots=True)
class Chosen:
    """What may be asked of one port: `likely` there, then the `rest`.

    `speaks_first`: whoever is likely there does so. `tls_first`: TLS from the start is likely. `only_likely`: nothing
    else may be said there, TLS included.
    """

    likely: tuple[Protocol, ...]
    rest: tuple[Protocol, ...]
    speaks_first: bool
    tls_first: bool
    only_likely: bool = False


def chosen(
    known: Iterable[Protocol],
    port: int,
    over: Over = Over.TCP,
    *,
    intensity: int = INTENSITY,
    inside_tls: bool = False,
    ics: bool = False,
    fragile: bool = False,
) -> Chosen:
    """Choose of the known protocols (commonest first) what to ask a port.

    A `fragile` one is only listened to, and asked for what is industrial and likely there if that is wanted.
    """
    can = [each for each in known if each.over is over and (ics or not each.careful)]
    in_tls = {each.name for each in can if port in each.tls_ports}
    here = [each for each in can if (each.name in in_tls if inside_tls else port in each.ports)]
    likely = tuple(here)
    # Industrial equipment is spoken to only at its own ports, however hard one asks.
    rest = tuple(
        each
        for each in can
        if each not in here and each.rarity <= intensity and not each.careful and intensity
    )
    if fragile:
        likely, rest = tuple(each for each in here if each.careful), ()
    speaks = bool(likely) and all(each.first is First.SERVER for each in likely)
    tls_first = bool(in_tls) and not inside_tls and not fragile
    return Chosen(likely, rest, speaks, tls_first, only_likely=fragile)


def by_looks(known: Sequence[Protocol], data: bytes) -> list[tuple[float, Protocol]]:
    """Return the protocols that these first bytes look like, the surest first."""
    looked = ((each.looks(data), each) for each in known)
    return sorted(((sure, each) for sure, each in looked if sure > 0), key=lambda pair: -pair[0])
