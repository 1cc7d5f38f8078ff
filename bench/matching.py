"""How fast signatures are matched: ``python bench/matching.py``.

One banner against the shipped signatures, and a batch of them, matched as the program does and as if nobody knew
which field of a conversation a banner is; beside them, where Nmap is installed, the lines of its
``nmap-service-probes``, read by our reader and matched by plain `re` one after another. Every run is a process of its
own (`bench/banners.py`).

Limits: Nmap itself tries the lines of the probe that was answered, and of those it falls back to, which may be fewer;
and its expressions are PCRE's there.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import banners, kit

NAMES = {
    "field": "periplus, as it does: the field's signatures",
    "every": "periplus, all signatures",
    "nmap": "Nmap's lines, plain re",
}
MANY, FEW = 20_000, 10_000
GOAL_MS, GOAL_A_SECOND = 1.0, 10_000.0
HEAD = ("matched by", "expressions", "a banner, median", "95th percentile", "banners a second", "fitted")


def run_once(way: str, n: int, python: str) -> dict[str, Any]:
    """One run of one way."""
    words = [python, "-P", str(kit.ROOT / "bench" / "banners.py"), way, str(n)]
    with tempfile.TemporaryDirectory(prefix="periplus-bench-") as name:
        cost = kit.measure(None, words, Path(name))
    return {"way": way, "error": cost.error} if cost.error else {"way": way, **json.loads(cost.out)}


def row(way: str, runs: Sequence[dict[str, Any]]) -> list[str]:
    """Medians of one way."""
    median_us, p95_us, a_second = (
        kit.median([run.get(name) for run in runs]) or 0.0 for name in ("median_us", "p95_us", "a_second")
    )
    last = runs[-1]
    return [
        NAMES[way],
        f"{last.get('expressions', 0):,}",
        f"{median_us / 1000:.3f} ms",
        f"{p95_us / 1000:.3f} ms",
        f"{a_second:,.0f}",
        f"{last.get('fitted', 0):,} of {last.get('banners', 0):,}",
    ]


def goals(runs: Sequence[dict[str, Any]]) -> str:
    """What our own way should keep, and whether it does."""
    own = [run for run in runs if run["way"] == "field" and "error" not in run]
    met = own and (kit.median([run["median_us"] for run in own]) or 0.0) <= GOAL_MS * 1000
    met = met and (kit.median([run["a_second"] for run in own]) or 0.0) >= GOAL_A_SECOND
    wanted = f"at most {GOAL_MS:g} ms a banner, at least {GOAL_A_SECOND:,.0f} banners a second"
    return f"Target: {wanted}; {'met' if met else 'missed'}."


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--banners", type=int, help=f"how many in a batch (default {MANY:,}; quick {FEW:,})")


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """The one table."""
    n = wanted.banners or (FEW if wanted.quick else MANY)
    ways = [way for way in NAMES if banners.here(way)]
    runs = [run_once(way, n, wanted.python) for _ in range(wanted.rounds) for way in ways]
    rows = [row(way, [run for run in runs if run["way"] == way]) for way in ways]
    missing = [f"{NAMES[way]}: not installed" for way in NAMES if way not in ways]
    failed = [f"{run['way']}: {run['error']}" for run in runs if "error" in run]
    half = "Half of the banners are noise, which meets all that may fit it."
    yield kit.Section("Signatures", [HEAD, *rows], [goals(runs), half, *missing, *failed], runs)


BENCH = kit.Bench("matching", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
