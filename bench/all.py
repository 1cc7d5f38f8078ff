"""Every bench in turn, and one page of all their tables: ``.venv/bin/python bench/all.py [--quick]``, as root.

The page and the single runs go to `bench/out/`. All of it takes hours with three rounds; `--quick --rounds 1` takes
some minutes. `--only NAME` runs one, and what more a bench can be asked stands behind its own ``--help``.

Not here: `bench/accuracy.py` and `bench/links.py`, which simulate, so that no machine matters, and write pages of the
documentation.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import (
    datagrams,
    foundation,
    identities,
    kit,
    limited,
    matching,
    questions,
    rivals,
    scaling,
    transmit,
)

BENCHES = tuple(
    module.BENCH
    for module in (
        foundation,
        questions,
        rivals,
        limited,
        transmit,
        datagrams,
        identities,
        matching,
        scaling,
    )
)


def options(parser: argparse.ArgumentParser) -> None:
    names = [bench.name for bench in BENCHES]
    parser.add_argument("--only", action="append", choices=names, help="this bench only; repeatable")


def words_for(wanted: argparse.Namespace) -> list[str]:
    """What every bench is told."""
    quick = ["--quick"] if wanted.quick else []
    return ["--rounds", str(wanted.rounds), "--python", wanted.python, *quick]


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """The tables of all benches."""
    for bench in BENCHES:
        if not wanted.only or bench.name in wanted.only:
            print(f"bench: {bench.name}", file=sys.stderr, flush=True)
            yield from bench.sections(kit.parse(bench, words_for(wanted)))


def main(words: Sequence[str]) -> int:
    return kit.run(kit.Bench("all", __doc__ or "", options, sections), words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
