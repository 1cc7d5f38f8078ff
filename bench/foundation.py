"""Our figures beside Nmap's, from the same minutes, in the same network: ``python bench/foundation.py``.

Builds the lab, runs every case with both scanners in turn, several rounds, and prints the medians, what was found
against what is known to be there, and whether the goal is met. The raw figures go to ``bench/out/`` as JSON.
Needs root (namespaces) and the lab's Debian packages, nothing more. A round takes Nmap about five minutes.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.cases import CASES, MEMORY_GOAL_MB, VERSION_GOAL_MS, Case
from tests.lab import needs, network, scanners, servers

ROOT = Path(__file__).parents[1]
OUT = ROOT / "bench" / "out"
PATIENCE = 600  # seconds a scanner gets
STARTS = 15  # starts of an interpreter for the --version row
NAMES = ("nmap", "periplus")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: what it cost, and what it found (open and rest ports over all hosts; `error`: why it is void)."""

    case: str
    scanner: str
    seconds: float
    peak_mb: float
    open_found: int
    false_open: int
    rest_found: int
    error: str = ""

    def true(self, case: Case) -> bool:
        """Whether it found all that is open, nothing that is not, and enough of the rest."""
        rest = case.share * (case.probed - case.open_ports)
        exact = self.open_found == case.open_ports and not self.false_open
        return not self.error and exact and self.rest_found >= rest


def command(scanner: str, python: str) -> list[str]:
    return ["nmap"] if scanner == "nmap" else [python, "-P", "-m", "periplus", "scan"]


def measure(net: network.Network, case: Case, scanner: str, python: str, files: Path) -> Measured:
    """Run a case once. Both scanners write Nmap's XML, so that both are read by the same eyes."""
    report, out, err = files / "report.xml", files / "out", files / "err"
    report.unlink(missing_ok=True)
    words = [*command(scanner, python), "-n", "-Pn", *case.flags, "-oX", str(report), case.target]
    meter = [sys.executable, "-I", "-S", str(ROOT / "bench" / "meter.py"), str(PATIENCE), str(out), str(err)]
    child = subprocess.run(
        net.scanner.inside([*meter, *words]), capture_output=True, check=True, env=scanners.environment()
    )
    cost = json.loads(child.stdout)
    seconds, peak_mb = cost["seconds"], cost["peak_mb"]
    if cost["status"] or not report.exists():
        last = err.read_text(errors="replace").strip().splitlines()[-1:]
        error = f"status {cost['status']}: {' '.join(last) or 'no report'}"
        return Measured(case.key, scanner, seconds, peak_mb, 0, 0, 0, error)
    found = scanners.read_nmap(report.read_text()).ports
    opened = [port for (_, port), verdict in found.items() if verdict.state == "open"]
    true = sum(port in servers.OPEN for port in opened) if case.open_ports else 0
    rest = sum(verdict.state == case.rest for verdict in found.values())
    return Measured(case.key, scanner, seconds, peak_mb, true, len(opened) - true, rest)


@contextmanager
def laboratory() -> Iterator[network.Network]:
    """The lab with its servers on the near target."""
    with network.build() as net, tempfile.TemporaryDirectory(prefix="periplus-bench-") as files:
        servers.serve_web(net.near, Path(files))
        servers.serve_ssh(net.near, Path(files))
        yield net


def run_all(cases: Sequence[Case], names: Sequence[str], rounds: int, python: str) -> list[Measured]:
    """Every case with every scanner in turn, `rounds` times; each run is told on stderr as it ends."""
    done = []
    with laboratory() as net, tempfile.TemporaryDirectory(prefix="periplus-bench-") as files:
        for number in range(1, rounds + 1):
            for case in cases:
                for name in names:
                    net.quiet()
                    case.prepare(net)
                    done.append(measure(net, case, name, python, Path(files)))
                    tell(number, rounds, done[-1])
    return done


def tell(number: int, rounds: int, run: Measured) -> None:
    verdict = run.error or f"{run.open_found} open, {run.rest_found} of the rest"
    text = f"round {number}/{rounds}  {run.case:12} {run.scanner:9} {run.seconds:8.2f} s  {verdict}"
    print(text, file=sys.stderr, flush=True)


def seconds_of(argv: Sequence[str]) -> float:
    """Wall clock of one start of a program, from fork to end."""
    meter = [sys.executable, "-I", "-S", str(ROOT / "bench" / "meter.py"), "60", os.devnull, os.devnull]
    done = subprocess.run([*meter, *argv], capture_output=True, check=True, env=scanners.environment())
    cost = json.loads(done.stdout)
    if cost["status"]:
        raise SystemExit(f"{' '.join(argv)}: status {cost['status']}")
    return float(cost["seconds"])


def version_row(python: str) -> list[str]:
    """The row of ``periplus --version`` against the bare interpreter, starts taken in turn."""
    try:
        pairs = [
            (seconds_of([python, "-c", "pass"]), seconds_of([python, "-P", "-m", "periplus", "--version"]))
            for _ in range(STARTS)
        ]
    except SystemExit as failed:
        return ["periplus --version", "-", "-", "-", f"+{VERSION_GOAL_MS:.0f} ms", "no", str(failed)]
    bare, ours = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    goal, met = f"+{VERSION_GOAL_MS:.0f} ms", yes(ours - bare <= VERSION_GOAL_MS)
    return [
        "periplus --version",
        f"{bare:.0f} ms bare",
        f"{ours:.0f} ms",
        "-",
        goal,
        met,
        f"+{ours - bare:.0f} ms",
    ]


def yes(met: bool | None) -> str:
    return "-" if met is None else "yes" if met else "NO"


def median(runs: Sequence[Measured], value: Callable[[Measured], float]) -> float | None:
    """The median over the runs that are not void; None without any."""
    values = [value(run) for run in runs if not run.error]
    return statistics.median(values) if values else None


def case_row(case: Case, runs: Sequence[Measured]) -> list[str]:
    """A case's line of the table."""
    by = {name: [run for run in runs if run.case == case.key and run.scanner == name] for name in NAMES}
    nmap, ours = (median(by[name], lambda run: run.seconds) for name in NAMES)
    true = all(run.true(case) for run in by["periplus"])
    met = None if ours is None else case.goal.met(ours, nmap)
    ratio = f"{ours / nmap:.2f}" if ours and nmap else "-"
    # a figure counts only when what was found is true
    verdict = "NO" if by["periplus"] and not true else yes(met)
    found = "; ".join(f"{name} {findings(case, by[name])}" for name in NAMES if by[name])
    return [case.name, *map(time_text, (nmap, ours)), ratio, case.goal.words, verdict, found]


def time_text(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f} s"


def findings(case: Case, runs: Sequence[Measured]) -> str:
    """What the worst of the runs found, beside the truth."""
    if broken := next((run.error for run in runs if run.error), ""):
        return broken
    worst = min(runs, key=lambda run: (run.open_found - run.false_open, run.rest_found))
    false = f", {worst.false_open} false" if worst.false_open else ""
    share = 100 * worst.rest_found / (case.probed - case.open_ports)
    return f"{worst.open_found}/{case.open_ports} open{false}, {share:.2f} % {case.rest}"


def memory_row(runs: Sequence[Measured]) -> list[str]:
    """Peak of resident memory over the runs of 65,535 ports."""
    big = {case.key for case in CASES if "-p-" in case.flags}
    peaks = {
        name: [run.peak_mb for run in runs if run.scanner == name and run.case in big and not run.error]
        for name in NAMES
    }
    nmap, ours = (
        f"{min(peaks[name]):.0f}-{max(peaks[name]):.0f} MB" if peaks[name] else "-" for name in NAMES
    )
    met = max(peaks["periplus"]) < MEMORY_GOAL_MB if peaks["periplus"] else None
    return ["resident memory, 65,535 ports", nmap, ours, "-", f"under {MEMORY_GOAL_MB:.0f} MB", yes(met), ""]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows under their headings, columns aligned."""
    rows = [["case", "nmap", "ours", "ratio", "target", "met", "found, worst round"], *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def save(runs: Sequence[Measured], rows: Sequence[Sequence[str]], python: str) -> Path:
    """Everything measured, and where, as JSON."""
    OUT.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    version = subprocess.run(["nmap", "--version"], capture_output=True, text=True, check=True).stdout
    machine = {"kernel": platform.release(), "processors": os.cpu_count(), "python": python, "nmap": version}
    path = OUT / f"foundation-{now:%Y%m%dT%H%M%SZ}.json"
    everything = {
        "time": now.isoformat(),
        "machine": machine,
        "table": rows,
        "runs": [asdict(run) for run in runs],
    }
    path.write_text(json.dumps(everything, indent=1) + "\n")
    return path


def options(argv: Sequence[str]) -> argparse.Namespace:
    venv = ROOT / ".venv" / "bin" / "python"
    keys = [case.key for case in CASES]
    parser = argparse.ArgumentParser(description="Ours beside Nmap's, in the lab.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument(
        "--only", action="append", choices=[*keys, "version"], help="this case only; repeatable"
    )
    parser.add_argument("--scanner", choices=NAMES, help="one scanner only")
    parser.add_argument(
        "--python", default=str(venv) if venv.exists() else sys.executable, help="interpreter for ours"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    wanted = options(argv)
    if why := needs.missing():
        print(f"bench: {why}", file=sys.stderr)
        return 1
    names = (wanted.scanner,) if wanted.scanner else NAMES
    cases = [case for case in CASES if not wanted.only or case.key in wanted.only]
    ours = "periplus" in names
    starts = [version_row(wanted.python)] if ours and (not wanted.only or "version" in wanted.only) else []
    runs = run_all(cases, names, wanted.rounds, wanted.python) if cases else []
    rows = [*(case_row(case, runs) for case in cases), *starts, *([memory_row(runs)] if runs else [])]
    print(table(rows))
    print(f"\n{wanted.rounds} rounds, medians; raw figures in {save(runs, rows, wanted.python)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
