"""What every bench here has in common: options, a measured run, tables as text and Markdown, and their files.

A bench is a `Bench`: what it asks on the command line besides, and what runs it and gives its tables. `run` makes a
command of it, `bench/all.py` runs them all. Results go to `bench/out/`, as Markdown to read and as JSON with every
single run.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.lab import needs, scanners
from tests.lab.network import Node

__all__ = [
    "OURS",
    "OUT",
    "ROOT",
    "Bench",
    "Cost",
    "Section",
    "installed",
    "measure",
    "median",
    "ours",
    "parse",
    "run",
]

ROOT = Path(__file__).parents[1]
OUT = ROOT / "bench" / "out"
OURS = "periplus"
VERSIONS = {"nmap": "--version", "masscan": "--version", "zmap": "--version", "fping": "--version"}


@dataclass(frozen=True, slots=True)
class Section:
    """One table: its title, its rows (the first are the headings), what to know of it, and all that was measured."""

    title: str
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    runs: Sequence[dict[str, Any]] = field(default_factory=list)

    def text(self) -> str:
        """For a terminal: columns aligned."""
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        lines = [
            "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in self.rows
        ]
        return "\n".join([self.title, "", lines[0], "-" * max(map(len, lines)), *lines[1:], *self.notes])

    def markdown(self) -> str:
        """For a page."""
        head, *body = ["| " + " | ".join(row) + " |" for row in self.rows]
        rule = "|" + "---|" * len(self.rows[0])
        return "\n".join(
            [f"## {self.title}", "", head, rule, *body, "", *(f"{note}  " for note in self.notes)]
        )


@dataclass(frozen=True, slots=True)
class Bench:
    """Something that measures: its name, what it is, its own options, and what runs it."""

    name: str
    about: str
    options: Callable[[argparse.ArgumentParser], None]
    sections: Callable[[argparse.Namespace], Iterator[Section]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program cost, and what it said."""

    seconds: float
    status: int
    peak_mb: float
    out: str
    err: str

    @property
    def error(self) -> str:
        """Why the run is void; empty when it is not."""
        if self.status == -signal.SIGKILL:
            return f"killed after {self.seconds:.0f} s"
        return f"status {self.status}: {' '.join(self.err.strip().splitlines()[-1:])}" if self.status else ""


def measure(node: Node | None, words: Sequence[str], files: Path, patience: int = 600) -> Cost:
    """Run a program to its end, in that host's namespace, and tell what it cost; one that hangs is killed."""
    out, err = files / "out", files / "err"
    meter = [sys.executable, "-I", "-S", str(ROOT / "bench" / "meter.py"), str(patience), str(out), str(err)]
    line = [*meter, *words]
    done = subprocess.run(
        node.inside(line) if node else line,
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env=scanners.environment(),
    )
    cost = json.loads(done.stdout)
    texts = (path.read_text(errors="replace") for path in (out, err))
    return Cost(cost["seconds"], cost["status"], cost["peak_mb"], *texts)


def ours(python: str, *words: str) -> list[str]:
    """The command line of our own program."""
    return [python, "-P", "-m", OURS, *words]


def installed(program: str) -> bool:
    return program == OURS or shutil.which(program, path=needs.SYSTEM_PATH) is not None


def median(values: Sequence[float | None]) -> float | None:
    """The median of what there is; None without any."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def parse(bench: Bench, words: Sequence[str]) -> argparse.Namespace:
    """Options that all benches have, and this one's own."""
    venv = ROOT / ".venv" / "bin" / "python"
    parser = argparse.ArgumentParser(description=bench.about.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--quick", action="store_true", help="small cases, none that takes minutes")
    python = str(venv) if venv.exists() else sys.executable
    parser.add_argument("--python", default=python, help="interpreter for ours")
    bench.options(parser)
    return parser.parse_args(words)


def run(bench: Bench, words: Sequence[str]) -> int:
    """A bench as a command: options, tables on stdout, files in `OUT`."""
    wanted = parse(bench, words)
    if why := needs.missing():
        print(f"bench: {why}", file=sys.stderr)
        return 1
    done = []
    for section in bench.sections(wanted):
        print(f"{section.text()}\n", flush=True)
        done.append(section)
    print(f"{wanted.rounds} rounds, medians; written to {save(bench.name, done, wanted)}")
    return 0


def save(name: str, sections: Sequence[Section], wanted: argparse.Namespace) -> Path:
    """Write the sections as Markdown, and beside it as JSON with where and when; the Markdown's path."""
    OUT.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    path = OUT / f"{name}-{now:%Y%m%dT%H%M%SZ}.md"
    where = machine(wanted.python)
    facts = ", ".join(f"{what} {value}" for what, value in where.items())
    pages = [
        f"# {name}, {now:%Y-%m-%d %H:%M} UTC",
        f"{wanted.rounds} rounds, medians. {facts}.",
        *(s.markdown() for s in sections),
    ]
    path.write_text("\n\n".join(pages) + "\n")
    tables = [{"title": s.title, "rows": s.rows, "notes": s.notes, "runs": s.runs} for s in sections]
    everything = {"time": now.isoformat(), "machine": where, "rounds": wanted.rounds, "sections": tables}
    path.with_suffix(".json").write_text(json.dumps(everything, indent=1) + "\n")
    return path


def machine(python: str) -> dict[str, Any]:
    """What the figures depend on."""
    facts: dict[str, Any] = {
        "kernel": platform.release(),
        "processors": os.cpu_count(),
        "interpreter": version([python, "-V"]),
    }
    return facts | {name: version([name, flag]) for name, flag in VERSIONS.items() if installed(name)}


def version(words: Sequence[str]) -> str:
    """The first number with a dot in what a program says of itself."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).replace(",", " ").split()
    return next((word for word in said if word[:1].isdigit() and "." in word), "unknown")
