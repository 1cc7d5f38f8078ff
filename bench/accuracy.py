"""How accurate verdicts are where packets get lost: ``python bench/accuracy.py`` writes ``docs/accuracy.md``.

The engine scans the internet in memory (`tests/sim`), whose every truth is known, over a grid of loss, delay, jitter,
reordering and rations of ICMP errors; then, with fewer tries than it would take by itself, so that it misses
something, 200 seeds show whether the number of missed open ports lies in the interval that it states. Last, the
single scans of the grid stand as NDJSON in `bench/out/`. Times are virtual, so the machine does not matter; nothing
is sent. It takes about five minutes on two idle cores.

Limits: losses are independent of each other, as in the engine's own model; what the lab and the world do otherwise is
for other benches. The scanner looks at what came every 5 ms only, as on a busy machine: that saves steps, and says
nothing of the time that a scan takes.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import numpy as np
from bench.drawing import Axis, Line, chart
from tests.sim.internet import OPEN, Internet, run
from tests.sim.internet import Path as Way

from periplus.engine.engine import Engine
from periplus.engine.timing import Timing
from periplus.result.missed import missed_95
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique import syn, udp
from periplus.technique.verdict import State

ROOT = Path(__file__).parents[1]
FIRST = parse_ip("198.18.0.0")
MS = 1_000
STEP_US = 5 * MS
LOSSES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3)
ASKED = {0.0: 0.9999, 0.02: 0.9999, 0.05: 0.9999, 0.1: 0.9999, 0.3: 0.999}  # recall, by loss each way
DELAYS_MS = (1, 20, 100, 400)
TEN_THOUSAND = 1e4


@dataclass(frozen=True, slots=True)
class World:
    """What is scanned, over what, and by how many tries at most; `shares`: open, closed, dropped, rejected ports."""

    way: Way
    hosts: int = 20
    ports: int = 750
    shares: tuple[float, float, float, float] = (0.7, 0.2, 0.07, 0.03)
    udp: bool = False
    tries: int = Timing().max_tries
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Came:
    """What a scan came to: open ports there are, missed, and false; the number that it expected to miss."""

    there: int
    missed: int
    false: int
    expected: float


RATION = "ICMP errors 1/s"
UDP = World(Way(), hosts=375, ports=40, udp=True)
SPARING = World(Way(), hosts=4, ports=600, shares=(0.1, 0.6, 0.3, 0.0))
SPARING_TRIES = ((0.05, 2), (0.1, 2), (0.2, 3), (0.3, 4))  # loss each way, tries


def scanned(world: World) -> Came:
    """One scan in virtual time."""
    hosts = AddressSpace.of([(FIRST, FIRST + world.hosts - 1)])
    space = Space.of([(hosts, np.arange(1, world.ports + 1).astype(np.uint16))])
    net = Internet(space, world.way, world.shares, seed=world.seed, udp=world.udp, step_cost_us=STEP_US)
    timing = Timing(max_tries=world.tries, min_tries=min(2, world.tries))
    technique = udp.TECHNIQUE if world.udp else syn.TECHNIQUE
    engine = Engine(space, technique.table, timing, world.seed, 0)
    verdicts = run(engine, net).verdicts
    host, port = (np.array(column) for column in zip(*verdicts, strict=True))
    is_open = net.truth(host, port.astype(np.uint16)) == OPEN
    found = np.array(list(verdicts.values())) == State.OPEN
    return Came(
        int(is_open.sum()),
        int((is_open & ~found).sum()),
        int((found & ~is_open).sum()),
        engine.totals.missed,
    )


def ways(delay_ms: int) -> dict[str, Way]:
    """What a path of that delay may do besides."""
    delay_us = delay_ms * MS
    steady = Way(delay_us=delay_us)
    return {
        "steady": steady,
        f"jitter ± {delay_ms / 2:g} ms": replace(steady, jitter_us=delay_us),
        "5 % overtaken, 1 % twice": replace(
            steady, stragglers=0.05, straggle_us=2 * delay_us, duplicates=0.01
        ),
    }


def rows() -> dict[tuple[str, str], World]:
    """The rows of the table, by delay and by what else there is; all without loss."""
    tcp = {(f"{ms} ms", name): World(way) for ms in DELAYS_MS for name, way in ways(ms).items()}
    rationed = {
        (f"{ms} ms", f"{kind}, jitter, {RATION}"): replace(
            world, way=Way(delay_us=ms * MS, jitter_us=ms * MS, icmp_per_second=1.0, icmp_burst=6.0)
        )
        for kind, ms, world in (("SYN", 20, World(Way())), ("UDP", 20, UDP), ("UDP", 100, UDP))
    }
    return {**tcp, **rationed}


Cells = Mapping[tuple[tuple[str, str], float], Came]


def grid(pool: ProcessPoolExecutor) -> Cells:
    """Every cell, by row and loss; the longest scans first, so that no worker is idle at the end."""
    worlds = {
        (row, loss): replace(world, way=replace(world.way, loss=loss))
        for row, world in rows().items()
        for loss in LOSSES
    }
    longest = sorted(worlds, key=lambda cell: (worlds[cell].udp, cell[1]), reverse=True)
    jobs = {cell: pool.submit(scanned, replace(worlds[cell], seed=n)) for n, cell in enumerate(longest)}
    cells = {}
    for number, cell in enumerate(longest):
        cells[cell] = jobs[cell].result()
        tell(f"{number + 1} of {len(longest)}: {cell[0]}, {cell[1]:.0%} loss: {cells[cell]}")
    return {cell: cells[cell] for cell in worlds}


def calibration(pool: ProcessPoolExecutor, seeds: int) -> Iterator[str]:
    """For each sparing scan: what was expected and missed on average, and how often the interval held."""
    for loss, tries in SPARING_TRIES:
        sparing = replace(SPARING, way=replace(SPARING.way, loss=loss), tries=tries)
        came = list(pool.map(scanned, [replace(sparing, seed=seed) for seed in range(seeds)], chunksize=8))
        intervals = [missed_95(each.expected) for each in came]
        held = sum(least <= each.missed <= most for each, (least, most) in zip(came, intervals, strict=True))
        expected, missed = (
            np.mean([getattr(each, name) for each in came]) for name in ("expected", "missed")
        )
        tell(f"{loss:.0%}, {tries} tries: {held} of {seeds} in the interval")
        yield f"| {loss:.0%} | {tries} | {expected:.2f} | {missed:.2f} | {held / seeds:.1%} |"


def tell(text: str) -> None:
    """Progress, for who waits."""
    print(text, file=sys.stderr, flush=True)


def recall(came: Sequence[Came]) -> float:
    """The share of open ports that was found."""
    return 1 - sum(each.missed for each in came) / sum(each.there for each in came)


def column(cells: Cells, loss: float, delay: str = "") -> list[Came]:
    """What came of the scans with that loss, and that delay if it is given."""
    return [each for ((ms, _), lost), each in cells.items() if lost == loss and delay in ("", ms)]


def table(cells: Cells) -> Iterator[str]:
    """Recall of open ports, a row for each way, then all of them together and what is asked for."""
    yield f"| one way | besides | {' | '.join(f'{loss:.0%} loss' for loss in LOSSES)} |"
    yield f"|---|---|{'---|' * len(LOSSES)}"
    for ms, name in rows():
        shares = (recall([cells[(ms, name), loss]]) for loss in LOSSES)
        yield f"| {ms} | {name} | {' | '.join(f'{share:.3%}' for share in shares)} |"
    shares = (recall(column(cells, loss)) for loss in LOSSES)
    yield f"| **all** | | {' | '.join(f'**{share:.4%}**' for share in shares)} |"
    asked = (f"≥ {ASKED[loss]:.2%}" if loss in ASKED else "" for loss in LOSSES)
    yield f"| asked for | | {' | '.join(asked)} |"


def picture(cells: Cells) -> str:
    """Missed of 10,000 open ports against loss: a line for each delay, and what is allowed."""
    lines = [
        Line(
            f"{ms} ms one way", [(loss, _missed(recall(column(cells, loss, f"{ms} ms")))) for loss in LOSSES]
        )
        for ms in DELAYS_MS
    ]
    allowed = Line(
        "at most", [(loss, _missed(share)) for loss, share in ASKED.items()], dashed=True, marked=False
    )
    across = Axis("packets lost, each way", say=lambda share: f"{share:.0%}")
    return chart([*lines, allowed], across, Axis("missed of 10,000 open ports", least=0))


def _missed(share: float) -> float:
    return TEN_THOUSAND * (1 - share)


PAGE = """# Accuracy

Written by `bench/accuracy.py` from {scans} scans of an internet in memory, with default timing. Each cell is one
scan: 20 hosts with 750 ports by SYN, or 375 hosts with 40 ports by UDP; 70 % of the ports are open, 20 % closed, 7 %
dropped and 3 % rejected by ICMP. That makes at least {there:,} open ports a cell and {all_there:,} a column. Loss is
each way, so where it is 10 % a probe or its answer is lost in 19 %, and where it is 30 % in 51 %. What was found of
the open ports:

{table}

False open ports: {false} of {found:,} reported.

Jitter is spread evenly, over much more than the distance of two packets, so it reorders them; "overtaken" answers
arrive a whole round trip late. By UDP each host sends one ICMP error a second, after six at once, so that its closed
ports are silent at first. Where packets get lost, the loss is measured and silence is asked again until next to
nothing can be hidden behind it, or eleven tries were made. At 30 % all eleven are, each with a chance of 0.51 to be
lost: six of 10,000 open ports must be missed, so that a single cell may lie on either side of 99.9 % by chance.

![Missed open ports against loss, by delay](accuracy.svg)

## The number stated

A scan says how many open ports it expects to have missed, and the interval in which the true number lies in 95
runs of 100. With as many tries as it takes by itself both are next to 0 but for the greatest losses. So here it was
allowed fewer, on {sparing}; {runs} seeds a row:

| loss each way | tries | expected | missed | in the interval |
|---|---|---|---|---|
{calibration}
"""


def page(cells: Cells, lines: Sequence[str], runs: int) -> str:
    there = {loss: sum(each.there for each in column(cells, loss)) for loss in LOSSES}
    return PAGE.format(
        scans=len(cells),
        there=min(each.there for each in cells.values()),
        all_there=min(there.values()),
        false=sum(each.false for each in cells.values()),
        found=sum(each.there - each.missed + each.false for each in cells.values()),
        table="\n".join(table(cells)),
        sparing=f"{SPARING.hosts} hosts with {SPARING.ports} ports, a tenth of them open",
        runs=runs,
        calibration="\n".join(lines),
    )


def data(cells: Cells) -> str:
    """Every scan of the grid as a line of JSON."""
    scans = ({"delay": ms, "besides": name, "loss": loss} for (ms, name), loss in cells)
    lines = (json.dumps(scan | asdict(came)) for scan, came in zip(scans, cells.values(), strict=True))
    return "".join(f"{line}\n" for line in lines)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Accuracy over a grid of losses and delays, simulated.")
    parser.add_argument("--runs", type=int, default=200, help="seeds of the interval's proof (default 200)")
    parser.add_argument("--into", type=Path, default=ROOT / "docs", help="where the page and the picture go")
    wanted = parser.parse_args(words)
    with ProcessPoolExecutor() as pool:
        lines = list(calibration(pool, wanted.runs))
        cells = grid(pool)
        text = page(cells, lines, wanted.runs)
    out = ROOT / "bench" / "out"
    out.mkdir(parents=True, exist_ok=True)
    (out / "accuracy.ndjson").write_text(data(cells), encoding="utf-8")
    (wanted.into / "accuracy.md").write_text(text, encoding="utf-8")
    (wanted.into / "accuracy.svg").write_text(picture(cells), encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
