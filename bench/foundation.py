"""Our figures beside Nmap's, from the same minutes, in the same network: ``python bench/foundation.py``.

Builds the lab, runs every case with both scanners in turn, several rounds, and prints the medians, what was found
against what is known to be there, and whether the goal is met. Needs root (namespaces) and the lab's Debian
packages, nothing more. A round takes Nmap about five minutes; with `--quick` the cases that take it more than ten
seconds are left out.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.cases import CASES, MEMORY_GOAL_MB, VERSION_GOAL_MS, Case
from tests.lab import network, scanners, servers

from bench import kit

STARTS = 15  # starts of an interpreter for the --version row
NAMES = ("nmap", "periplus")
HEAD = ("case", "nmap", "ours", "ratio", "target", "met", "found, worst round")


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


def measure(net: network.Network, case: Case, scanner: str, python: str, files: Path) -> Measured:
    """Run a case once. Both scanners write Nmap's XML, so that both are read by the same eyes."""
    report = files / "report.xml"
    report.unlink(missing_ok=True)
    command = ["nmap"] if scanner == "nmap" else kit.ours(python, "scan")
    words = [*command, "-n", "-Pn", *case.flags, "-oX", str(report), case.target]
    cost = kit.measure(net.scanner, words, files)
    if error := cost.error or ("" if report.exists() else "no report"):
        return Measured(case.key, scanner, cost.seconds, cost.peak_mb, 0, 0, 0, error)
    found = scanners.read_nmap(report.read_text()).ports
    opened = [port for (_, port), verdict in found.items() if verdict.state == "open"]
    true = sum(port in servers.OPEN for port in opened) if case.open_ports else 0
    rest = sum(verdict.state == case.rest for verdict in found.values())
    return Measured(case.key, scanner, cost.seconds, cost.peak_mb, true, len(opened) - true, rest)


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


def version_row(python: str) -> list[str]:
    """The row of ``periplus --version`` against the bare interpreter, starts taken in turn."""
    lines = ([python, "-c", "pass"], kit.ours(python, "--version"))
    with tempfile.TemporaryDirectory(prefix="periplus-bench-") as files:
        starts = [[kit.measure(None, line, Path(files), 60) for line in lines] for _ in range(STARTS)]
    goal = f"+{VERSION_GOAL_MS:.0f} ms"
    if error := next((cost.error for pair in starts for cost in pair if cost.error), ""):
        return ["periplus --version", "-", "-", "-", goal, "no", error]
    bare, ours = (
        statistics.median(cost.seconds for cost in some) * 1000 for some in zip(*starts, strict=True)
    )
    more = ours - bare
    figures = [f"{bare:.0f} ms bare", f"{ours:.0f} ms", "-"]
    return ["periplus --version", *figures, goal, yes(more <= VERSION_GOAL_MS), f"{more:+.0f} ms"]


def yes(met: bool | None) -> str:
    return "-" if met is None else "yes" if met else "NO"


def case_row(case: Case, runs: Sequence[Measured]) -> list[str]:
    """A case's line of the table."""
    by = {name: [run for run in runs if run.case == case.key and run.scanner == name] for name in NAMES}
    nmap, ours = (kit.median([run.seconds for run in by[name] if not run.error]) for name in NAMES)
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


def options(parser: argparse.ArgumentParser) -> None:
    keys = [case.key for case in CASES]
    parser.add_argument("--only", action="append", choices=[*keys, "version"], help="this case; repeatable")
    parser.add_argument("--scanner", choices=NAMES, help="one scanner only")


def wanted_cases(wanted: argparse.Namespace) -> list[Case]:
    if wanted.only:
        return [case for case in CASES if case.key in wanted.only]
    return [case for case in CASES if not (wanted.quick and case.long)]


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """One table: the cases, the start, the memory."""
    names = (wanted.scanner,) if wanted.scanner else NAMES
    cases = wanted_cases(wanted)
    ours = "periplus" in names and (not wanted.only or "version" in wanted.only)
    starts = [version_row(wanted.python)] if ours else []
    runs = run_all(cases, names, wanted.rounds, wanted.python) if cases else []
    rows = [*(case_row(case, runs) for case in cases), *starts, *([memory_row(runs)] if runs else [])]
    yield kit.Section("One network beside Nmap", [list(HEAD), *rows], runs=[asdict(run) for run in runs])


BENCH = kit.Bench("foundation", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
