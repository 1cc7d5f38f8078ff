"""``periplus techniques``: the response tables, printed from the techniques themselves."""

import argparse
from collections.abc import Iterator, Sequence

from periplus.technique.catalogue import techniques
from periplus.technique.model import Technique

__all__ = ["HELP", "main"]

HELP = "print what every answer means, technique by technique"


def main(arguments: Sequence[str]) -> int:
    """Print all tables, or those of the techniques named."""
    parser = argparse.ArgumentParser("periplus techniques", description=HELP, allow_abbrev=False)
    known = {technique.name: technique for technique in techniques()}
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"which ones: {', '.join(known)}")
    names = parser.parse_args(arguments).name or list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"there is no technique {unknown[0]!r}; there are {', '.join(known)}")
    print("\n\n".join("\n".join(table(known[name])) for name in names))
    return 0


def table(technique: Technique) -> Iterator[str]:
    """Yield the lines of one technique's table."""
    yield f"{technique.name} ({technique.flag})"
    yield f"  {technique.summary}"
    yield f"  cookie: {technique.cookie}"
    yield f"  {'privilege: raw packets' if technique.needs_raw else 'privilege: none'}"
    for row in technique.rows:
        verdict = f"{row.state.word} ({row.reason.word})"
        extra = [part for part in (row.check.sentence if row.check else "", row.note) if part]
        yield f"    {row.answer!s:<42} {verdict:<32} {'; '.join(extra)}".rstrip()
