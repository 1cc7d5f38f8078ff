"""A first draft of a signature, made from what an unknown service said; a person fills in whose it is.

The expression is the first line as it stands, but for what changes from one copy to the next: the first number with
dots in it is taken for the version, and other numbers, hexadecimal strings and what lies beyond `MOST_LINE` may be
anything. A draft matches its own sample; whether it is as narrow as it should be, only other services can show.
"""

import json
import re

__all__ = ["FIELD", "FILL_IN", "entry", "expression"]

FIELD = "said"
FILL_IN = "?"
SPECIAL = frozenset(r".^$*+?{}[]\|()")
MOST_LINE, MOST_SAMPLE = 80, 240
_CHANGES = re.compile(
    r"(?P<version>(?<![\d.])\d+(?:\.\d+)+(?:[-_][0-9A-Za-z]+|[a-z]\d*)?)"
    r"|(?P<hex>(?<![0-9A-Za-z])(?=[A-Fa-f]*\d)[0-9A-Fa-f]{8,}(?![0-9A-Za-z]))"
    r"|(?P<number>\d+)",
    re.ASCII,
)
VERSION, DOTTED, HEX, NUMBER = r"(?P<version>\d[\w.\-]*)", r"\d[\w.\-]*", r"[\da-f]+", r"\d+"


def expression(said: str) -> tuple[str, str | None]:
    """Return an expression for what was said, and the version that it reads there, if there is one."""
    line = re.split(r"[\r\n\0]", said, maxsplit=1)[0] or said
    line = line[:MOST_LINE]
    pieces, at, versioned = ["^"], 0, False
    for found in _CHANGES.finditer(line):
        pieces.append(_plain(line[at : found.start()]))
        at = found.end()
        if found["version"] is None:
            pieces.append(HEX if found["hex"] else NUMBER)
        else:
            pieces.append(DOTTED if versioned else VERSION)
            versioned = True
    pattern = "".join([*pieces, _plain(line[at:])])
    return pattern, _read(pattern, said)


def _read(pattern: str, said: str) -> str | None:
    """Return the version that the expression reads, which may go on where the line was cut."""
    found = re.match(pattern, said, re.IGNORECASE | re.ASCII | re.DOTALL)
    assert found is not None, "a draft matches its own sample"
    return found.groupdict().get("version")


def _plain(text: str) -> str:
    """Quote text, so that it can stand between single quotes in TOML and be read by people."""
    return "".join(map(_quoted, text))


def _quoted(letter: str) -> str:
    if letter in SPECIAL:
        return f"\\{letter}"
    return letter if " " <= letter <= "~" and letter != "'" else f"\\x{ord(letter):02x}"


def entry(said: str, seen: str) -> str:
    """Return an entry of a set of signatures for what was said, letter for byte; `seen` tells where."""
    said = said[:MOST_SAMPLE]
    pattern, version = expression(said)
    lines = [
        f"# Seen at {seen}. Fill in whose it is and where the sample comes from; make the expression narrow.",
        "[[signature]]",
        f'field = "{FIELD}"',
        f"match = '{pattern}'",
        f'service = "{FILL_IN}"',
        f'product = "{FILL_IN}"',
        f"sample = {_text(said)}",
        *([f"expect = {{ version = {_text(version)} }}"] if version else []),
        f'origin = "{FILL_IN}"',
    ]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """A string of TOML, of which that of JSON in ASCII is one."""
    return json.dumps(text)
