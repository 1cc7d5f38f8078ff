"""Time against the number of probes, from a thousand to a hundred million: ``.venv/bin/python bench/scaling.py``.

Ours, Nmap, masscan and ZMap scan ever more of the responder's /16 in the lab (`bench/rivals.py`), each as far as it
is reasonable: Nmap to a million, ZMap with one port. Beyond that the scan is dry: the whole program, but answered in
memory (`bench/dry.py`). The table and every single run go to `bench/out/`; with ``--publish`` a page, its picture and
the runs as NDJSON go to ``docs/``. Needs root.

Limits: one port in a hundred is open and one in ten silent, in all of it; masscan and ZMap have the rate that they
are given, and wait 2 s after their last probe.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.drawing import Axis, Line, chart, short
from bench.rivals import PROGRAMS, Case, Measured, run_case, tell

from bench import dry, kit

DOCS = kit.ROOT / "docs"
RATE = 100_000
MANNER = dry.MANNER
NMAPS = ("-T4", "--min-rate", "20000")
SIZES = ((22, 1), (18, 1), (16, 1), (16, 16), (16, 160), (16, 1600))  # prefix length and ports
QUICK = 100_000  # probes: the most of a quick run
IN_LAB = 11_000_000  # probes: the most of a case in the lab
MOST = {"nmap": 1_100_000, "zmap": 70_000}
DRY = "periplus, dry"
TITLES = {
    "periplus": "periplus",
    "periplus-sl": "periplus --stateless",
    "nmap": "nmap",
    "masscan-rt": "masscan",
    "zmap": "zmap",
    DRY: DRY,
}


def case_of(prefix: int, ports: int) -> Case:
    """So many ports of the first addresses."""
    probes = (1 << (32 - prefix)) * ports
    name = f"/{prefix} x {ports}"
    return Case(short(probes), name, f"198.19.0.0/{prefix}", range(1, ports + 1), MANNER, RATE, NMAPS)


def in_lab(case: Case, wanted: argparse.Namespace) -> tuple[list[Measured], str]:
    """The case by everybody who can do it."""
    names = [
        name
        for name in PROGRAMS
        if name in TITLES and kit.installed(PROGRAMS[name]) and case.asked <= MOST.get(name, IN_LAB)
    ]
    return run_case(case, names, wanted)


def in_memory(case: Case, wanted: argparse.Namespace) -> Iterator[Measured]:
    """The case dry, so many rounds."""
    addresses = case.asked // len(case.ports)
    truth = len(case.truth())
    for number in range(1, wanted.rounds + 1):
        with tempfile.TemporaryDirectory(prefix="periplus-bench-") as files:
            words = [wanted.python, "-P", str(kit.ROOT / "bench" / "dry.py")]
            cost = kit.measure(None, [*words, str(addresses), str(len(case.ports))], Path(files), 3600)
        found = 0 if cost.error else json.loads(cost.out)["found"]
        hits = min(found, truth)
        figures = (cost.seconds, cost.seconds, 0, hits, found - hits, truth, cost.peak_mb)
        one = Measured(case.key, DRY, *figures, cost.error)
        tell(number, one)
        yield one


HEAD = ("probes", "case", *TITLES.values())


def row(case: Case, runs: Sequence[Measured]) -> list[str]:
    """The case's line: median seconds and the worst recall of each program."""
    return [
        f"{case.asked:,}",
        case.name,
        *(cell([run for run in runs if run.program == name]) for name in TITLES),
    ]


def cell(runs: Sequence[Measured]) -> str:
    good = [run for run in runs if not run.error]
    if not good:
        return runs[0].error if runs else "-"
    worst = min(run.true_open / max(run.open, 1) for run in good)
    return f"{kit.median([run.seconds for run in good]):.2f} s, {100 * worst:.2f} %"


def picture(cases: Sequence[Case], runs: Sequence[Measured]) -> str:
    """Median seconds against probes, both logarithmic: a line a program."""
    lines = []
    for name, title in TITLES.items():
        times = {
            case.asked: kit.median(
                [run.seconds for run in runs if (run.case, run.program) == (case.key, name) and not run.error]
            )
            for case in cases
        }
        points = [(float(asked), seconds) for asked, seconds in times.items() if seconds is not None]
        if points:
            lines.append(Line(title, points, dashed=name == DRY))
    return chart(lines, Axis("probes", log=True, least=1e3, most=1e8), Axis("time, seconds", log=True))


PAGE = """# Time against size

Written by `bench/scaling.py` on {when}: median seconds of {rounds}, and the worst recall of open ports, by
what had to be asked. One port in a hundred is open, one in ten silent, the others closed.

{table}

![Seconds against probes, both logarithmic](scaling.svg)

{notes}

The single runs are in [scaling.ndjson](scaling.ndjson).
"""


def notes(kinds: Sequence[str], load: float, python: str) -> list[str]:
    facts = ", ".join(f"{what} {value}" for what, value in kit.machine(python).items())
    return [
        f"A network of namespaces on one machine; the responder was {' and '.join(kinds)}, at no distance.",
        f"masscan (at a real-time priority) and zmap had {RATE:,} packets a second and waited 2 s after the last.",
        f"nmap had {' '.join(NMAPS)}; ours had no such words.",
        "Dry: the whole program but for the kernel, answered in memory at once (`bench/dry.py`).",
        "nmap was asked up to a million probes, zmap by one port.",
        f"{facts}; load average {load:.1f} at the start.",
    ]


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--most", type=float, default=1.1e8, help="largest case, in probes (default 1.1e8)")
    parser.add_argument("--user-space", action="store_true", help="the responder without XDP")
    parser.add_argument("--publish", action="store_true", help="write docs/scaling.md, .svg and .ndjson")


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """One table over all sizes."""
    load, kinds, runs = os.getloadavg()[0], set[str](), list[Measured]()
    most = min(wanted.most, QUICK) if wanted.quick else wanted.most
    cases = [case for case in (case_of(*size) for size in SIZES) if case.asked <= most]
    for case in cases:
        if case.asked <= IN_LAB:
            done, kind = in_lab(case, wanted)
            runs += done
            kinds.add(kind)
        runs += in_memory(case, wanted)
    lines = [list(HEAD), *(row(case, [run for run in runs if run.case == case.key]) for case in cases)]
    said = notes(sorted(kinds), load, wanted.python)
    section = kit.Section("Time against size", lines, said, [asdict(run) for run in runs])
    if wanted.publish:
        publish(section, picture(cases, runs), wanted.rounds)
    yield section


def publish(section: kit.Section, svg: str, rounds: int) -> None:
    """The page, its picture and its data."""
    page = PAGE.format(
        when=f"{datetime.now(UTC):%d %B %Y}",
        rounds="one round" if rounds == 1 else f"{rounds} rounds",
        table="\n".join(line for line in section.markdown().splitlines() if line.startswith("|")),
        notes="\n".join(f"- {note}" for note in section.notes),
    )
    (DOCS / "scaling.md").write_text(page)
    (DOCS / "scaling.svg").write_text(svg)
    (DOCS / "scaling.ndjson").write_text("".join(f"{json.dumps(run)}\n" for run in section.runs))


BENCH = kit.Bench("scaling", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
