"""How well limited links are filled, in the lab: ``.venv/bin/python bench/limited.py``, as root.

A router between scanner and targets lets out so many frames a second, 1,000, 10,000 or 100,000, and has a queue of
50 ms that drops what does not fit. Ours with its defaults, Nmap with its own, masscan and ZMap at exactly that rate
ask what takes the link some seconds; behind it a responder in the kernel, so that every truth is known
(`bench/rivals.py`). The link's own counters, read many times a second (`bench/flow.py`), tell what was offered,
carried and dropped. First the link is flooded, to see that it carries what it should; last its capacity falls and
rises again under a scan. ``--publish`` writes the table and the pictures to ``docs/rate.md``, below what
`bench/links.py` simulates.

Limits: answers have no limit and no distance, so round trips are the queue; what else the scanner's kernel says
(resets) goes over the link as well. Two processors are scanner, link and responder together.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from bench.drawing import Axis, Line, chart
from bench.flow import Flow, reading
from bench.links import DOCS, publish
from bench.responder import responding
from bench.rivals import LINK_QUEUE_S, PROGRAMS, Case, Measured, laid_out, run_once, slow
from bench.truth import SWEPT, Manner
from tests.lab import network, scanners

from bench import kit

CAPACITIES = (1_000, 10_000, 100_000)
ANSWERING = {"all": Manner.of(0.01, 0.99), "10 %": Manner.of(0.01, 0.09), "1 %": Manner.of(0.01, 0.0)}
WORTH_S, QUICK_WORTH_S = 12, 3  # what the first tries alone take
START_S = 3.0  # what the beginning is taken to be
MOST_PORTS, MANY, MOST_HOSTS = 65_535, 256, 1 << 16
ROUTER_LINK = "far0"
NAMES = ("periplus", "nmap", "masscan-rt", "zmap")
HIGH, LOW = 10_000, 3_000
FALL_S, RISE_S = 5.0, 10.0  # after the start
FLOOD_S = 4.0
PICTURED_S, EVERY_S = 20.0, 0.2
TITLES = {"masscan-rt": "masscan"}


@dataclass(frozen=True, slots=True)
class Row:
    """A case: a link, how many ports answer, and what is asked there."""

    pps: int
    answering: str
    hosts: int
    ports: int

    @property
    def shape(self) -> str:
        """What is asked."""
        return f"{self.hosts:,} x {self.ports:,}"

    def case(self) -> Case:
        """As the other benches have it; Nmap is asked where it takes no more than minutes."""
        name = f"{self.pps} pps, {self.answering}, {self.shape}"
        targets = f"198.19.0.0/{33 - self.hosts.bit_length()}"
        brief = self.answering == "all" or (self.answering == "10 %" and self.pps == min(CAPACITIES))
        ports = range(1, self.ports + 1) if self.ports > 1 else (80,)
        words = () if brief else None
        return Case(name, name, targets, ports, ANSWERING[self.answering], self.pps, words, self.pps)


def power(count: float) -> int:
    """The least power of two that is not less."""
    return 1 << max(int(np.ceil(np.log2(count))), 0)


def cases(capacities: Sequence[int], worth_s: float, answering: Sequence[str]) -> Iterator[Row]:
    """Few hosts with all their ports, 256 with few, and, where all answer, many with one."""
    for pps, share in product(capacities, answering):
        questions = int(worth_s * pps)
        few = power(questions / MOST_PORTS)
        yield Row(pps, share, few, questions // few)
        yield Row(pps, share, MANY, questions // MANY)
        if share == "all" and questions <= 2 * MOST_HOSTS:
            yield Row(pps, share, power(questions + 1) // 2, 1)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the case and the program; shares of the capacity used and of the frames lost, from the first frame to
    when as many had been offered as there are questions, and without the beginning; and what was found."""

    pps: int
    answering: str
    shape: str
    program: str
    seconds: float
    asked: int
    offered: int
    used: float
    used_steady: float | None
    lost: float
    lost_steady: float
    true_open: int
    false_open: int
    open: int
    error: str
    samples: Sequence[str]

    @classmethod
    def of(cls, row: Row, flow: Flow, one: Measured, asked: int, samples: Sequence[str]) -> "Run":
        """From what was measured."""
        busy_s = flow.when(asked)
        return cls(
            row.pps, row.answering, row.shape, one.program, one.seconds, asked, int(flow.offered[-1]),
            used(flow, row.pps, 0.0, busy_s) or 0.0, used(flow, row.pps, START_S, busy_s),
            flow.lost(), flow.lost(START_S), one.true_open, one.false_open, one.open, one.error, samples,
        )  # fmt: skip


def used(flow: Flow, pps: float, from_s: float, to_s: float) -> float | None:
    """The share of its capacity that the link carried between two times."""
    if to_s <= from_s:
        return None
    return flow.grown(flow.carried, from_s, to_s) / (pps * (to_s - from_s))


def run_row(row: Row, names: Sequence[str], wanted: argparse.Namespace) -> Iterator[Run]:
    """Every program in turn, so many rounds, in a network of the case's own."""
    case = row.case()
    with ExitStack() as stack:
        net = stack.enter_context(network.build())
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="periplus-bench-")))
        bed = laid_out(net, case)
        stack.enter_context(responding(bed.answers, bed.link, case.manner, user_space=wanted.user_space))
        for number, name in product(range(1, wanted.rounds + 1), names):
            with reading(net.router, ROUTER_LINK) as lines:
                one = run_once(case, name, bed, wanted.python, files)
            if one is not None:
                yield tell(number, Run.of(row, Flow.of(lines), one, case.asked, lines))


def tell(number: int, run: Run) -> Run:
    """The run, told on stderr."""
    verdict = run.error or f"{run.used:.0%} used, {run.lost:.1%} lost, {run.true_open} of {run.open}"
    what = f"{run.pps:7} {run.answering:4} {run.shape:12} {run.program:11}"
    print(f"round {number}  {what} {run.seconds:7.2f} s  {verdict}", file=sys.stderr, flush=True)
    return run


def flooded(pps: int, python: str) -> float:
    """How many frames a second the link carries when far more come."""
    with network.build() as net:
        bed = laid_out(net, Row(pps, "all", MANY, 1).case())
        pour = [python, "-P", str(kit.ROOT / "bench" / "pour.py"), "packet", "same", SWEPT, bed.way.mac]
        with reading(net.router, ROUTER_LINK) as lines:
            flood = bed.scanner.start(*pour, env=scanners.environment())
            time.sleep(FLOOD_S)
            flood.kill()
    flow = Flow.of(lines)
    begin, end = FLOOD_S / 4, FLOOD_S / 2  # it takes some time to start
    return flow.grown(flow.carried, begin, end) / (end - begin)


@dataclass(frozen=True, slots=True)
class Changing:
    """A scan during which the link's capacity fell and rose, and when that was."""

    flow: Flow
    fall_s: float
    rise_s: float

    def capacity_at(self, at_s: float) -> float:
        """What the link can carry at that time."""
        return LOW if self.fall_s <= at_s < self.rise_s else HIGH

    def note(self) -> str:
        """How well it was followed."""
        before = used(self.flow, HIGH, 1.0, self.fall_s) or 0.0
        during = used(self.flow, LOW, self.rise_s - 3.0, self.rise_s) or 0.0
        after = used(self.flow, HIGH, self.rise_s + 2.0, float(self.flow.at_s[-1]) - 1.0) or 0.0
        return (
            f"A link that falls from {HIGH:,} to {LOW:,} packets a second and rises again: used {before:.0%} before, "
            f"{during:.0%} during the last three seconds of the low time, {after:.0%} after two seconds of the "
            f"high one; {self.flow.lost():.1%} lost."
        )


def changing(python: str) -> Changing:
    """Ours over a link that changes."""
    case = Row(HIGH, "all", 2, MOST_PORTS).case()
    times = []
    with ExitStack() as stack:
        net = stack.enter_context(network.build())
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="periplus-bench-")))
        bed = laid_out(net, case)
        stack.enter_context(responding(bed.answers, bed.link, case.manner))

        def change(pps: int) -> None:
            slow(net.router, ROUTER_LINK, pps)
            times.append(time.monotonic())

        with reading(net.router, ROUTER_LINK) as lines:
            timers = [
                threading.Timer(after_s, change, (pps,)) for after_s, pps in ((FALL_S, LOW), (RISE_S, HIGH))
            ]
            for timer in timers:
                timer.start()
            run_once(case, kit.OURS, bed, python, files)
            for timer in timers:
                timer.join()
    flow = Flow.of(lines)
    return Changing(flow, *(at_s - flow.began_s for at_s in times))


HEAD = (
    "link", "answer", "hosts x ports", "program", "used", "steady", "lost", "steady", "packets", "open found",
    "false", "time",
)  # fmt: skip


def rows(runs: Sequence[Run]) -> Iterator[list[str]]:
    """A line for each case and program: medians, and what the worst round found."""
    for key in dict.fromkeys((run.pps, run.answering, run.shape, run.program) for run in runs):
        every = [run for run in runs if (run.pps, run.answering, run.shape, run.program) == key]
        good = [run for run in every if not run.error]
        yield [f"{key[0]:,}", *key[1:], *(figures(good) if good else [every[0].error, *["-"] * 7])]


def figures(runs: Sequence[Run]) -> list[str]:
    """One program's cells."""
    columns: list[list[float | None]] = [
        [each.used for each in runs],
        [each.used_steady for each in runs],
        [each.lost for each in runs],
        [each.lost_steady for each in runs],
    ]
    shares = [
        "-" if middle is None else f"{middle:.{digits}%}"
        for middle, digits in zip(map(kit.median, columns), (0, 0, 1, 1), strict=True)
    ]
    worst = min(runs, key=lambda run: run.true_open)
    seconds = kit.median([run.seconds for run in runs])
    packets = f"{sum(run.offered for run in runs) / sum(run.asked for run in runs):.2f}"
    found = f"{worst.true_open:,} of {worst.open:,}"
    return [*shares, packets, found, str(max(run.false_open for run in runs)), f"{seconds:.1f} s"]


def over_time(runs: Sequence[Run]) -> str:
    """What every program offered one link over time, in the first round."""
    some = [run for run in runs if run.pps == HIGH and run.answering == "all" and run.samples]
    first = {run.program: run for run in reversed(some) if run.shape == some[0].shape}
    lines = [Line("the link's capacity", [(0.0, HIGH), (PICTURED_S, HIGH)], dashed=True, marked=False)]
    for name in NAMES:
        if name in first:
            flow = Flow.of(first[name].samples)
            lines.append(
                Line(TITLES.get(name, name), flow.rates(flow.offered, EVERY_S, PICTURED_S), marked=False)
            )
    return chart(lines, Axis("seconds", least=0), Axis("packets a second that come to the link", least=0))


def over_change(change: Changing) -> str:
    """What ours sent and the changing link carried, over time."""
    flow, end_s = change.flow, float(change.flow.at_s[-1])
    edges = [0.0, *(each for at_s in (change.fall_s, change.rise_s) for each in (at_s - 1e-3, at_s)), end_s]
    lines = [Line("the link's capacity", [(at_s, change.capacity_at(at_s)) for at_s in edges], marked=False)]
    for name, column in (("sent", flow.offered), ("carried", flow.carried)):
        lines.append(Line(name, flow.rates(column, EVERY_S, end_s), marked=False))
    return chart(lines, Axis("seconds", least=0), Axis("packets a second", least=0))


PAGE = """
Written by `bench/limited.py` on {when} from {rounds}: a router in a network of namespaces lets so many frames a
second out towards the targets. The first tries alone take {worth:g} seconds where the link is full.

- *used*: which part of what the link could carry it carried until as many packets had come to it as there are
  questions; *steady*: the same without the first {start:.0f} seconds.
- *lost*: which part of all that came to the link its queue dropped; *steady*: of what came after {start:.0f} seconds.
- *packets*: how many came to the link for each question.
- *open found*: in the worst round.

{table}

{notes}

![What comes to a link of {high:,} packets a second](rate-lab.svg)

![Rate over time where the capacity changes](rate-lab-change.svg)
"""


def write(section: kit.Section, runs: Sequence[Run], change: Changing, wanted: argparse.Namespace) -> None:
    """This bench's part of the page, and its pictures."""
    table = "\n".join(line for line in section.markdown().splitlines() if line.startswith("|"))
    part = PAGE.format(
        when=f"{datetime.now(UTC):%d %B %Y}",
        rounds="one round" if wanted.rounds == 1 else f"{wanted.rounds} rounds (medians)",
        worth=worth_s(wanted),
        start=START_S,
        table=table,
        notes="\n".join(f"- {note}" for note in section.notes),
        high=HIGH,
    )
    publish(wanted.into, lab=part)
    (wanted.into / "rate-lab.svg").write_text(over_time(runs), encoding="utf-8")
    (wanted.into / "rate-lab-change.svg").write_text(over_change(change), encoding="utf-8")


def worth_s(wanted: argparse.Namespace) -> float:
    """How long the first tries are to take the link."""
    return float(wanted.worth or (QUICK_WORTH_S if wanted.quick else WORTH_S))


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--capacity", type=int, action="append", help="only links of this; repeatable")
    parser.add_argument(
        "--answering", action="append", choices=[*ANSWERING], help="this share only; repeatable"
    )
    parser.add_argument("--program", action="append", choices=NAMES, help="this program only; repeatable")
    parser.add_argument("--worth", type=float, help="seconds that the first tries take (default 12, quick 3)")
    parser.add_argument("--user-space", action="store_true", help="the responder without XDP")
    parser.add_argument("--publish", action="store_true", help="write the table and the pictures to the page")
    parser.add_argument("--into", type=Path, default=DOCS, help="where the page and the pictures go")


def notes(carried: dict[int, float], change: Changing, load: float, python: str) -> list[str]:
    facts = ", ".join(f"{what} {value}" for what, value in kit.machine(python).items())
    limits = ", ".join(f"{pps:,}: {rate:,.0f}" for pps, rate in carried.items())
    return [
        change.note(),
        f"Flooded, the links carried a second: {limits}. Their queues hold {LINK_QUEUE_S * 1000:.0f} ms.",
        "periplus and nmap had their defaults, masscan (at a real-time priority) and zmap exactly the link's rate.",
        "nmap was left out where it takes many minutes; zmap can have one port only.",
        "Resets go over the link as well: of the scanner's kernel for what is open, of masscan for whatever answers.",
        f"{facts}; load average {load:.1f} at the start.",
    ]


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """One table over all links."""
    capacities = wanted.capacity or (CAPACITIES[:2] if wanted.quick else CAPACITIES)
    answering = wanted.answering or (["all"] if wanted.quick else [*ANSWERING])
    names = [name for name in wanted.program or NAMES if kit.installed(PROGRAMS[name])]
    load = os.getloadavg()[0]
    carried = {pps: flooded(pps, wanted.python) for pps in capacities}
    runs = [
        run for row in cases(capacities, worth_s(wanted), answering) for run in run_row(row, names, wanted)
    ]
    change = changing(wanted.python)
    said = notes(carried, change, load, wanted.python)
    section = kit.Section("Limited links", [list(HEAD), *rows(runs)], said, [asdict(run) for run in runs])
    if wanted.publish:
        write(section, runs, change, wanted)
    yield section


BENCH = kit.Bench("limited", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
