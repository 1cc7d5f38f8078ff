"""Nmap's ``nmap-service-probes``, read from the user's own copy, as a second opinion on what a service said.

The format is the one of Nmap's book, chapter "Service and Application Version Detection", section "File
Format". Of it only what a service says is used, ``match`` and ``softmatch``; nothing is sent that the file's
``Probe`` lines hold. Which probe a line belongs to is therefore no condition, and a line that is more special
than its probe's others may lose to another probe's. An answer to a question that was not asked must hold more text
than a greeting to name a service that is unknown: ``ERROR`` alone is said by many.

The expressions are PCRE over bytes. Python's differ in little: bytes from 0x80 on are written as Latin-1 here,
``\\R``, ``\\h``, ``\\e``, ``\\Z`` and ``\\z`` are put into its words. They are compiled when a text first holds
their literal (see `signature`); `problems` compiles all of them and tells, line by line, which cannot be.

Twelve thousand literals are too many to look for one by one. Of each the rarest piece of four letters stands in an
index, so that a text meets only those lines of whose piece it has all letters.

Limits: the file is not ours to ship; it is Nmap's, under its own licence, and is read where Nmap installed it.
"""

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from periplus.identify.signature import MOST_TEXT, Match, Opinion, cpe_from_uri, literal_of, unnested

__all__ = ["NmapDb", "NmapLine", "read_nmapdb"]

_LINE = re.compile(r"(softmatch|match) (\S+) m(.)(.*)", re.DOTALL)
_INFO = re.compile(r"\s*(cpe:|[pvihod])(.)(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:(\d)|(P|I|SUBST)\((\d)((?:,\"(?:[^\"\\]|\\.)*\")*)\))")
_TEXT = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
_ESCAPES = {"R": r"(?:\r\n|[\n\v\f\r])", "h": r"[ \t]", "e": r"\x1b", "z": r"\Z", "Z": r"(?=\n?\Z)"}
_TRANSLATED = re.compile(r"\\(.)", re.DOTALL)
FIELDS = {"p": "product", "v": "version", "i": "info", "h": "hostname", "o": "os", "d": "device"}
LEAST_LITERAL = 4  # what has less plain text matches almost anything if its own probe was not sent
LEAST_ANSWER = 8  # the same of an answer, where nothing else says which protocol it is
GREETING = "NULL"  # the probe that only listens
NAMES = {
    "dns": "domain",
    "smb": "microsoft-ds",
    "rdp": "ms-wbt-server",
    "mssql": "ms-sql-s",
}  # ours to Nmap's
SOFT, HARD = 0.5, 0.75  # how sure an opinion is: the line's own probe may not have been sent


@dataclass(frozen=True)
class NmapLine:
    """One ``match`` or ``softmatch`` line; `info` holds its templates by the names of our fields."""

    number: int
    service: str
    hard: bool
    expression: str
    flags: re.RegexFlag
    info: Mapping[str, str]
    cpe: tuple[str, ...]
    greets: bool = False  # it is of what is said unasked

    @cached_property
    def literal(self) -> str:
        """Lower-case text that every match holds."""
        return literal_of(self.expression)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression. re.error: Python cannot."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what later versions of Python may mean by it
            return re.compile(self.expression, self.flags)

    def read(self, text: str) -> Match | None:
        """Return what this line reads in a text, if it matches."""
        try:
            found = self.pattern.search(text)
        except (re.error, RecursionError):
            return None
        if found is None:
            return None
        words = {name: _filled(template, found) for name, template in self.info.items()}
        return Match(
            rule=f"line {self.number} of nmap-service-probes",
            cpe=tuple(cpe_from_uri(_filled(each, found) or "") for each in self.cpe),
            **words,
        )


class NmapDb:
    """The lines of one file, and what was wrong with others (`refused`)."""

    def __init__(self, lines: list[NmapLine], refused: list[str]) -> None:
        self.lines = lines
        self.refused = refused

    def opinion(self, data: bytes, protocol: str | None = None) -> Opinion | None:
        """Return the first hard match of what a service said, else the first soft one.

        `protocol`: only lines on that protocol count, by our name or Nmap's.
        """
        names = (protocol, NAMES.get(protocol or "", protocol))
        text = data[:MOST_TEXT].decode("latin-1")
        lowered = text.lower()
        soft: Opinion | None = None
        for line in self._likely(lowered):
            least = LEAST_LITERAL if line.greets or protocol is not None else LEAST_ANSWER
            if (soft and not line.hard) or len(line.literal) < least or line.literal not in lowered:
                continue
            if protocol is not None and line.service not in names:
                continue
            match = line.read(text)
            if match and line.hard:
                return Opinion(line.service, HARD, match)
            if match and soft is None:
                soft = Opinion(line.service, SOFT, match)
        return soft

    def _likely(self, lowered: str) -> list[NmapLine]:
        """The lines, in their order, whose piece a text has; all others have literals that it has not."""
        found = self._by_piece.keys() & _pieces(lowered)
        return [self.lines[row] for row in sorted(row for piece in found for row in self._by_piece[piece])]

    @cached_property
    def _by_piece(self) -> dict[str, list[int]]:
        """The rows of lines with enough literal, by the rarest piece of that."""
        common = Counter(piece for line in self.lines for piece in _pieces(line.literal))
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, line in enumerate(self.lines):
            if pieces := _pieces(line.literal):
                rows[min(pieces, key=lambda piece: (common[piece], piece))].append(row)
        return dict(rows)

    def problems(self) -> Iterator[str]:
        """Yield every line that cannot be used, and why."""
        yield from self.refused
        for line in self.lines:
            try:
                _ = line.pattern
            except (re.error, RecursionError) as error:
                yield f"line {line.number}: {error}"


def _pieces(text: str) -> set[str]:
    return {text[at : at + LEAST_LITERAL] for at in range(len(text) - LEAST_LITERAL + 1)}


def read_nmapdb(text: str) -> NmapDb:
    """Read a file's text (Latin-1, as its expressions are over bytes)."""
    lines, refused, greets = [], [], False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("Probe "):
            greets = line.split()[2:3] == [GREETING]
        elif line.startswith(("match ", "softmatch ")):
            try:
                lines.append(_line(number, line, greets))
            except ValueError as error:
                refused.append(f"line {number}: {error}")
    return NmapDb(lines, refused)


def _line(number: int, line: str, greets: bool) -> NmapLine:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError("no match line")
    kind, service, mark, rest = found.groups()
    expression, closed, rest = rest.partition(mark)
    if not closed:
        raise ValueError(f"the expression has no end {mark}")
    flags = re.NOFLAG
    while rest and rest[0] in "is":
        flags |= {"i": re.IGNORECASE, "s": re.DOTALL}[rest[0]]
        rest = rest[1:]
    info, cpe = _info(rest)
    python, hard = _python(expression), kind == "match"
    return NmapLine(number, service, hard, python, flags | re.ASCII, info, tuple(cpe), greets)


def _info(rest: str) -> tuple[dict[str, str], list[str]]:
    info: dict[str, str] = {}
    cpe: list[str] = []
    while rest.strip():
        found = _INFO.fullmatch(rest)
        if found is None:
            raise ValueError(f"{rest.strip()!r} is no version information")
        kind, mark, rest = found.groups()
        value, closed, rest = rest.partition(mark)
        if not closed:
            raise ValueError(f"{kind} has no end {mark}")
        if kind == "cpe:":
            cpe.append(f"cpe:/{value}")
            rest = rest.removeprefix("a")
        else:
            info[FIELDS[kind]] = value
    return info, cpe


def _python(expression: str) -> str:
    """Put PCRE's words into Python's."""
    return unnested(_TRANSLATED.sub(lambda found: _ESCAPES.get(found[1], found[0]), expression))


def _filled(template: str, found: re.Match[str]) -> str | None:
    """Fill in groups; ``$P`` keeps what is printable, ``$SUBST`` replaces, ``$I`` reads a number."""

    def value(variable: re.Match[str]) -> str:
        try:
            group = found[int(variable[1] or variable[3])] or ""
        except IndexError:
            return ""
        return _function(variable[2], group, _TEXT.findall(variable[4] or ""))

    return _VARIABLE.sub(value, template).strip() or None


def _function(name: str | None, group: str, arguments: list[str]) -> str:
    if name == "SUBST" and len(arguments) == 2:
        return group.replace(arguments[0], arguments[1])
    if name == "P":
        return "".join(each for each in group if " " <= each <= "~")
    if name == "I" and len(group) <= 8:
        return str(int.from_bytes(group.encode("latin-1"), "big" if arguments[:1] == [">"] else "little"))
    return group
