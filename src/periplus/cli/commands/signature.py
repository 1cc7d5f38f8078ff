"""``periplus signature``: a saved conversation with an unknown service becomes the draft of a signature, offline."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from periplus.cli.main import FINISHED, say
from periplus.cli.parser import Parser
from periplus.errors import UsageError
from periplus.identify.draft import entry
from periplus.result.text import printable

__all__ = ["HELP", "main"]

HELP = "turn what an unknown service said into the draft of a signature"
USAGE = "new FILE"
DETAILS = """
new: FILE is what scan -sV -oJ wrote; for each service in it that says
something unknown an entry in TOML is printed. Fill in what is marked by "?",
put it into a file, and give that to scan -sV --signatures. Nothing is sent."""


def main(arguments: Sequence[str]) -> int:
    """Print the drafts, and return the exit status."""
    parser = Parser("signature", USAGE, f"{HELP[0].upper()}{HELP[1:]}.\n{DETAILS}")
    parser.add_help_option(parser.add_argument_group("options"))
    _, words = parser.read(arguments)
    if len(words) != 2 or words[0] != "new":
        raise UsageError(f"signature: {USAGE} is wanted")
    places: dict[str, list[str]] = {}
    for place, said in _unknown(words[1]):
        places.setdefault(said, []).append(place)
    if not places:
        print(f"periplus: nobody in {printable(words[1])} said something unknown", file=sys.stderr)
    else:
        say("\n".join(entry(said, ", ".join(some)) for said, some in places.items()).rstrip())
    return FINISHED


def _unknown(file: str) -> Iterator[tuple[str, str]]:
    """Yield where something unknown was said, and what, a letter a byte."""
    try:
        with Path(file).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield from _of_line(line, f"{file}: line {number}")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not what -oJ writes") from None


def _of_line(line: str, where: str) -> Iterator[tuple[str, str]]:
    try:
        row = json.loads(line)
        said = row.get("said") if row.get("type") == "service" else None
        if said:
            said.encode("latin-1")
            yield printable(f"{row['addr']} port {int(row['port'])}/{row['proto']}"), said
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{where} is not what -oJ writes") from None
