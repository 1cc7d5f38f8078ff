"""Signatures: what a service says of itself, read into product, version, operating system and CPE.

A signature set is TOML text, one file a family of protocols in `periplus/data/signatures`:

    [[signature]]
    field = "ssh.software"          # which text of a conversation it reads
    match = '^OpenSSH_(?P<version>[\\w.]+)'
    product = "OpenSSH"
    vendor = "OpenBSD"
    cpe = ["a:openbsd:openssh:{version}"]
    sample = "OpenSSH_9.2p1 Debian-2+deb12u3"
    expect = { version = "9.2p1" }
    origin = "openssh-server of Debian 12"

The field ``said`` is all that a service said that no protocol here understands, a letter a byte; such an entry may
have a ``service``, the name of the protocol.

Named groups fill ``{...}`` in every other text; a group that took no part leaves its text out (in a CPE: ``*``).
Signatures are tried in the order of their files, the first match decides, so what is more special stands first.

A banner meets only the signatures of its field, and of these only those whose literal (the longest stretch of plain
text that every match must hold, in lower case) is in it, which is one substring search each: the expensive part, the
regular expression, runs once or twice.

Limits: regular expressions are Python's; `read` refuses what does not compile, and what lacks a sample or its origin.
"""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from string import Formatter
from urllib.parse import unquote

from periplus.errors import UsageError
from periplus.findings import WORDS, Words

__all__ = [
    "Match",
    "Opinion",
    "Signature",
    "Signatures",
    "cpe_23",
    "cpe_from_uri",
    "literal_of",
    "read_signatures",
    "unnested",
]

MOST_TEXT = 65_535  # of a text, no more is looked at
CPE_PARTS = 11
_TOKEN = re.compile(
    r"\\x[\dA-Fa-f]{2}|\\u[\dA-Fa-f]{4}|\\[0-7]{1,3}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[^}]*\}|.", re.DOTALL
)  # of a regular expression
_NESTED = re.compile(
    r"(\((?:\?:)?(?:\[\^?\]?(?:\\.|[^\]\\])*\]|(?<!\\)\\.|[^\\()\[\]|?*+{}])([+*])\))([+*])", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Match(Words):
    """What a signature read; `rule` says which it was."""

    rule: str
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody else's file makes of what a service said: a name in its words, how sure, and what it read."""

    service: str
    confidence: float
    match: Match


@dataclass(frozen=True)
class Signature(Words):
    """One entry of a set, see the module; its words are templates."""

    field: str
    match: str
    sample: str
    origin: str
    expect: Mapping[str, str] = dataclasses.field(default_factory=dict)
    service: str | None = None
    version: str | None = dataclasses.field(default="{version}", kw_only=True)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression, made when a text first comes that far."""
        return re.compile(self.match, re.IGNORECASE | re.ASCII | re.DOTALL)

    @cached_property
    def literal(self) -> str:
        """Lower-case text that every match holds; empty: none is known."""
        return literal_of(self.match)

    @property
    def rule(self) -> str:
        """How a reader may find this signature."""
        return f"{self.field} ~ {self.match}"

    def read(self, text: str) -> Match | None:
        """Return what this signature reads in a text, if it matches."""
        found = self.pattern.search(text)
        if found is None:
            return None
        groups = {key: value for key, value in found.groupdict().items() if value}
        words = {name: _fill(getattr(self, name), groups) for name in WORDS}
        cpe = tuple(cpe_23(each, groups) for each in self.cpe)
        return Match(rule=self.rule, cpe=cpe, service=self.service, **words)


class Signatures:
    """A set of signatures, by field."""

    def __init__(self, signatures: Iterable[Signature] = ()) -> None:
        by_field: defaultdict[str, list[Signature]] = defaultdict(list)
        for each in signatures:
            by_field[each.field].append(each)
        self._by_field = dict(by_field)

    def __len__(self) -> int:
        return sum(len(each) for each in self._by_field.values())

    def __iter__(self) -> Iterator[Signature]:
        return (each for some in self._by_field.values() for each in some)

    def match(self, field_name: str, text: str) -> Match | None:
        """Return what the first matching signature of this field reads."""
        text = text[:MOST_TEXT]
        lowered = text.lower()
        for each in self._by_field.get(field_name, ()):
            if each.literal in lowered:
                found = each.read(text)
                if found is not None:
                    return found
        return None


def read_signatures(text: str) -> list[Signature]:
    """Read a set; UsageError says which entry is wrong, and how."""
    import tomllib

    try:
        entries = tomllib.loads(text).get("signature", [])
    except (ValueError, RecursionError) as error:  # a number may have too many digits, a list too much depth
        raise UsageError(f"the signatures are no TOML: {error}") from None
    return [_signature(number, entry) for number, entry in enumerate(entries, 1)]


def _signature(number: int, entry: dict[str, object]) -> Signature:
    known = {each.name for each in fields(Signature)}
    lacking = {"field", "match", "sample", "origin"} - set(entry)
    if lacking or set(entry) - known:
        wrong = ", ".join(sorted(lacking | set(entry) - known))
        raise UsageError(f"signature {number}: {wrong} is missing or unknown")
    texts = {key: value for key, value in entry.items() if isinstance(value, str)}
    cpe, expect = entry.get("cpe", []), entry.get("expect", {})
    if (
        not isinstance(cpe, list)
        or not isinstance(expect, dict)
        or set(entry) - set(texts) - {"cpe", "expect"}
    ):
        raise UsageError(f"signature {number}: cpe is a list, expect a table, all else is text")
    try:
        re.compile(texts["match"])
    except re.error as error:
        raise UsageError(f"signature {number}: {error} in {texts['match']!r}") from None
    return replace(
        Signature(texts.pop("field"), texts.pop("match"), texts.pop("sample"), texts.pop("origin")),
        cpe=tuple(map(str, cpe)),
        expect={str(key): str(value) for key, value in expect.items()},
        **texts,
    )


def literal_of(pattern: str) -> str:
    """Return the longest text, in lower case, that every match holds, as far as the pattern's top level shows."""
    runs, depth = [""], 0
    for token in _TOKEN.findall(pattern):
        if token == "|" and not depth:
            return ""
        plain = (
            token if len(token) == 1 and token not in ".^$*+?()|" else token[1:] if _is_quoted(token) else ""
        )
        if token in ("*", "?") or token.startswith(("{", "*?")):
            runs[-1] = runs[-1][:-1] if not depth else runs[-1]
        if plain and not depth:
            runs[-1] += plain
        else:
            runs.append("")
        depth += (token == "(") - (token == ")")
    return max(runs, key=len).lower()


def unnested(pattern: str) -> str:
    """Return a foreign pattern in which nothing repeats a bare repetition, as ``(x+)+`` does.

    It means the same as ``(x+)``, and takes time without end over a text that does not fit.
    """
    return _NESTED.sub(lambda found: f"{found[1]}{'?' if found[2] + found[3] == '+*' else ''}", pattern)


def _is_quoted(token: str) -> bool:
    return len(token) == 2 and token[0] == "\\" and not token[1].isalnum()


def _fill(template: str | None, groups: Mapping[str, str]) -> str | None:
    """Return the template with its groups; None when one of them took no part."""
    if template is None:
        return None
    wanted = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    return template.format(**groups) if all(name in groups for name in wanted) else None


def cpe_23(short: str, groups: Mapping[str, str]) -> str:
    """Return the CPE 2.3 name (NIST IR 7695) of ``part:vendor:product[:version...]``, its groups filled in."""
    parts = short.split(":")
    filled = [
        _fill(part, {key: _cpe_escaped(value) for key, value in groups.items()}) or "*" for part in parts
    ]
    return "cpe:2.3:" + ":".join([*filled, *["*"] * (CPE_PARTS - len(filled))])


def _cpe_escaped(text: str) -> str:
    """Return text as a component: lower case, blanks as underscores, everything but letters, digits, _ . - quoted."""
    return re.sub(r"([^\w.\-])", r"\\\1", text.lower().replace(" ", "_"))


def cpe_from_uri(uri: str) -> str:
    """Return the CPE 2.3 name of an older one, ``cpe:/a:openbsd:openssh:9.2p1``."""
    parts = [_cpe_escaped(unquote(part)) or "*" for part in uri.removeprefix("cpe:/").split(":")][:CPE_PARTS]
    return "cpe:2.3:" + ":".join([*parts, *["*"] * (CPE_PARTS - len(parts))])
