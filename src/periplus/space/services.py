"""Names of ports, looked up in the text of a table: lines ``22/tcp ssh``, ports ascending, ``#`` comments.

A scan needs a handful of names, so nothing is parsed at start-up: a name is one `str.find` in the text (some ten
microseconds, or half a millisecond for a port without one), kept for the hosts to come. Only a request for many ports
at once reads the table through, once.

Limits: one name a port and protocol; names are lower-case and without spaces.
"""

import re
from collections.abc import Iterable
from functools import cached_property

__all__ = ["PROTOCOLS", "Services"]

PROTOCOLS = ("tcp", "udp", "sctp")
FEW = 64  # up to so many ports are looked up one by one; from there on reading the whole table is quicker


class Services:
    """The table of one text; see the module for its form."""

    def __init__(self, text: str) -> None:
        self._text = f"\n{text}\n"
        self._known: dict[tuple[int, str], str | None] = {}  # what was looked up

    def name(self, port: int, proto: str) -> str | None:
        """The service registered for a port of protocol ``tcp``, ``udp`` or ``sctp``, if any."""
        if (port, proto) not in self._known:
            self._known[port, proto] = self._find(port, proto)
        return self._known[port, proto]

    def _find(self, port: int, proto: str) -> str | None:
        key = f"\n{port}/{proto} "
        start = self._text.find(key)
        if start < 0:
            return None
        return self._text[start + len(key) : self._text.index("\n", start + 1)]

    def names(self, ports: Iterable[int], proto: str) -> dict[int, str]:
        """The names of those of the ports that have one."""
        wanted = list(ports)
        if len(wanted) <= FEW:
            found = {port: self.name(port, proto) for port in wanted}
        else:
            found = {port: self._all.get(f"{port}/{proto}") for port in wanted}
        return {port: name for port, name in found.items() if name is not None}

    def ports(self, name_or_wildcard: str, proto: str) -> tuple[int, ...]:
        """The ports whose service has this name, ascending; ``*`` and ``?`` match as in a shell."""
        wanted = re.sub(r"\*+", "*", name_or_wildcard.lower())  # runs of stars would make the match slow
        pattern = "".join({"*": r"\S*", "?": r"\S"}.get(c, re.escape(c)) for c in wanted)
        return tuple(int(port) for port in re.findall(rf"\n(\d+)/{proto} {pattern}(?=\n)", self._text))

    def known(self, proto: str) -> tuple[int, ...]:
        """All ports that have a name, ascending."""
        return self.ports("*", proto)

    @cached_property
    def _all(self) -> dict[str, str]:
        rows = (line.split(" ") for line in self._text.split("\n") if line and line[0] != "#")
        return {row[0]: row[1] for row in rows}
