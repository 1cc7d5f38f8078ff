"""``periplus techniques``: the response tables, printed from the techniques themselves."""

from collections.abc import Iterator, Sequence

from periplus.cli.main import FINISHED, say
from periplus.cli.parser import Parser
from periplus.errors import UsageError
from periplus.space.quote import quoted
from periplus.technique.catalogue import techniques
from periplus.technique.model import Technique

__all__ = ["HELP", "main"]

HELP = "print what every answer means, technique by technique"


def main(arguments: Sequence[str]) -> int:
    """Print all tables, or those of the techniques named."""
    known = {technique.name: technique for technique in techniques()}
    parser = Parser("techniques", "[NAME ...]", f"{HELP.capitalize()}. Names: {', '.join(known)}.")
    parser.add_help_option(parser.add_argument_group("options"))
    _, names = parser.read(arguments)
    for name in names:
        if name not in known:
            raise UsageError(f"there is no technique {quoted(name)}; there are {', '.join(known)}")
    say("\n\n".join("\n".join(table(known[name])) for name in names or known))
    return FINISHED


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
