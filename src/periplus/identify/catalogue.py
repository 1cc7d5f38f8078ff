"""Which protocols there are: those of every module of `identify/protocol`. No list is kept by hand."""

import importlib
import pkgutil
from collections.abc import Iterator

import periplus.identify.protocol
from periplus.identify.model import Protocol

__all__ = ["protocols"]

ROOM = "periplus.identify.protocol"


def protocols() -> tuple[Protocol, ...]:
    """Return every protocol, the commonest first; equals in the order of their names."""
    return tuple(sorted(_found(), key=lambda each: (each.rarity, each.name, each.over.value)))


def _found() -> Iterator[Protocol]:
    for info in pkgutil.iter_modules(periplus.identify.protocol.__path__, f"{ROOM}."):
        module = importlib.import_module(info.name)
        one = getattr(module, "PROTOCOL", None)
        yield from getattr(module, "PROTOCOLS", () if one is None else (one,))
