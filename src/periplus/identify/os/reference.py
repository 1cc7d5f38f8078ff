"""Reference fingerprints, read from the user's own ``nmap-os-db``, and how well an observed one fits each.

The format is that of Nmap's book, chapter "Remote OS Detection", section "Fingerprint Format": after one list of
points a test, ``Fingerprint NAME``, ``Class vendor | family | generation | type`` with its ``CPE`` lines, and tests
whose values are expressions: alternatives (``A|B``), ranges in hexadecimal (``3B-45``, ``>8``, ``<5``), and the same
within brackets for the numbers of options (``M[>500]ST11W[1-5]``). A fit is, as in Nmap, the points of the values
that match by the points of those that both have.

References are columns: what an expression says is looked up once a host, however many references have it.

Limits: the file is Nmap's, under its own licence, and is read where Nmap installed it. Its IPv6 fingerprints are
another file, for a classifier that is not here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from periplus.columns import F64, I64
from periplus.findings import OsClass

__all__ = ["Builder", "Reference", "References", "fits", "read_osdb"]

_TEST = re.compile(r"([A-Z][A-Z0-9]*)\((.*)\)\s*\Z")
_BRACKETS = re.compile(r"\[([^\]]*)\]")
_HEX = re.compile(r"[0-9A-Fa-f]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A fingerprint that somebody knew; `line`: where in the file."""

    name: str
    line: int
    classes: tuple[OsClass, ...]


@dataclass
class _Column:
    """One value of one test: its expressions, and which of them each reference has (-1: none)."""

    expressions: tuple[str, ...]
    which: I64


@dataclass
class References:
    """All references of a file; `points` by test and value."""

    known: tuple[Reference, ...]
    points: Mapping[tuple[str, str], int]
    columns: Mapping[tuple[str, str], _Column]

    def fit(self, tests: Mapping[str, Mapping[str, str]]) -> F64:
        """Return how well an observed fingerprint fits each, 0 to 1; 0 where they have nothing in common."""
        matched = np.zeros(len(self.known), np.int64)
        possible = np.zeros(len(self.known), np.int64)
        for (test, key), points in self.points.items():
            value, column = tests.get(test, {}).get(key), self.columns.get((test, key))
            if value is None or column is None:
                continue
            here = column.which >= 0
            says = np.array([fits(value, each) for each in column.expressions], np.bool_)
            possible += points * here
            matched += points * (here & says[column.which])
        return np.where(possible > 0, matched / np.maximum(possible, 1), 0.0)

    def best(
        self, tests: Mapping[str, Mapping[str, str]], least: float, most: int
    ) -> list[tuple[float, Reference]]:
        """Return the references that fit best and at least so well, each name once."""
        fit = self.fit(tests)
        found: dict[str, tuple[float, Reference]] = {}
        for row in np.argsort(-fit, kind="stable").tolist():
            if fit[row] < least or len(found) >= most:
                break
            found.setdefault(self.known[row].name, (float(fit[row]), self.known[row]))
        return list(found.values())


def fits(value: str, expression: str) -> bool:
    """Whether an observed value is what an expression says."""
    if "[" in expression:
        return any(_fits_brackets(value, each) for each in _alternatives(expression))
    return value == expression or any(_fits_one(value, each) for each in expression.split("|"))


def _fits_one(value: str, expression: str) -> bool:
    if value == expression:
        return True
    if not _HEX.fullmatch(value):
        return False
    number = int(value, 16)
    low, dash, high = expression.partition("-")
    if dash and _HEX.fullmatch(low) and _HEX.fullmatch(high):
        return int(low, 16) <= number <= int(high, 16)
    bound = expression[1:]
    if expression[:1] in {"<", ">"} and _HEX.fullmatch(bound):
        return number < int(bound, 16) if expression[0] == "<" else number > int(bound, 16)
    return False


def _alternatives(expression: str) -> list[str]:
    """Part at bars outside of brackets."""
    return re.split(r"\|(?![^\[]*\])", expression)


def _fits_brackets(value: str, expression: str) -> bool:
    """Plain text must be there as it is, and each bracket holds for a hexadecimal number."""
    parts = _BRACKETS.split(expression)
    pattern = "".join(re.escape(part) if at % 2 == 0 else r"([0-9A-F]+)" for at, part in enumerate(parts))
    found = re.fullmatch(pattern, value)
    return found is not None and all(map(fits, found.groups(), parts[1::2]))


@dataclass
class Builder:
    """Collects references and makes columns of them."""

    points: dict[tuple[str, str], int] = field(default_factory=dict)
    known: list[Reference] = field(default_factory=list)
    values: dict[tuple[str, str], dict[int, str]] = field(default_factory=dict)

    def add(self, reference: Reference, values: Iterable[tuple[tuple[str, str], str]]) -> None:
        """Take a reference with its expressions."""
        row = len(self.known)
        self.known.append(reference)
        for key, expression in values:
            self.values.setdefault(key, {})[row] = expression

    def built(self) -> References:
        """Return all as columns."""
        return References(
            tuple(self.known),
            self.points,
            {key: _column(rows, len(self.known)) for key, rows in self.values.items()},
        )


def _column(rows: Mapping[int, str], size: int) -> _Column:
    numbers: dict[str, int] = {}
    which = np.full(size, -1, np.int64)
    which[list(rows)] = [numbers.setdefault(each, len(numbers)) for each in rows.values()]
    return _Column(tuple(numbers), which)


def read_osdb(text: str) -> References:
    """Read a file; lines that are not understood are passed over, as later versions may have more."""
    made = Builder()
    for block in _blocks(text):
        number, first = block[0]
        tests = [(key, value) for _, line in block[1:] for key, value in _values(line)]
        if first == "MatchPoints":
            made.points.update((key, int(value)) for key, value in tests if value.isdecimal())
        elif first.startswith("Fingerprint "):
            name = first.removeprefix("Fingerprint ").strip()
            made.add(Reference(name, number, _classes([line for _, line in block[1:]])), tests)
    return made.built()


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """Numbered lines that belong together; comments are left out."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(map(str.rstrip, text.splitlines()), 1):
        if line == "MatchPoints" or line.startswith("Fingerprint "):
            if block:
                yield block
            block = [(number, line)]
        elif block and line and not line.startswith("#"):
            block.append((number, line))
    if block:
        yield block


def _values(line: str) -> Iterator[tuple[tuple[str, str], str]]:
    found = _TEST.match(line)
    if found is None:
        return
    for pair in found[2].split("%"):
        key, equals, value = pair.partition("=")
        if equals:
            yield (found[1], key), value


def _classes(lines: Sequence[str]) -> tuple[OsClass, ...]:
    """Each ``Class`` line with the ``CPE`` lines that follow it."""
    found: list[OsClass] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "Class":
            parts = [part.strip() for part in rest.split("|")]
            if len(parts) == 4:
                found.append(OsClass(parts[0], parts[1], parts[2] or None, parts[3]))
        elif word == "CPE" and found and rest:
            last = found[-1]
            found[-1] = OsClass(
                last.vendor, last.family, last.generation, last.kind, (*last.cpe, rest.split()[0])
            )
    return tuple(found)
