"""How accurate verdicts are where packets get lost: ``python bench/accuracy.py`` writes ``docs/accuracy.md``.

The engine scans the internet in memory (`tests/sim`), whose every truth is known, over a grid of loss, delay, jitter
(which reorders) and rations of ICMP errors, several seeds a cell; then, with fewer tries than it would take by
itself, so that it misses something, 200 seeds show whether the number of missed open ports lies in the interval that
it states. Times are virtual, so the machine does not matter; nothing is sent.

Limits: losses are independent of each other, as in the engine's own model; what the lab and the world do otherwise is
for other benches.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import numpy as np
from tests.sim.internet import OPEN, Internet, run
from tests.sim.internet import Path as Way

from periplus.engine.engine import Engine
from periplus.engine.timing import Timing
from periplus.result.missed import missed_95
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import State

DOCS = Path(__file__).parents[1] / "docs"
FIRST = parse_ip("198.18.0.0")
HOSTS, PORTS = 20, 500
SPARING_HOSTS, SPARING_PORTS = 1, 1500
SHARES = (0.5, 0.3, 0.15, 0.05)  # open, closed, dropped, rejected by ICMP
LOSSES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3)
WAYS = {"1 ms": (1, 0), "20 ms ± 10": (20, 20), "100 ms ± 30": (100, 60), "400 ms ± 100": (400, 200)}
RATIONS = {"no": 0.0, "1/s": 1.0}
SPARING = ((0.05, 2), (0.1, 2), (0.2, 3), (0.3, 4))  # loss each way, tries
SPARING_SHARES = (0.1, 0.6, 0.3, 0.0)
COLOURS = ("#1b6ca8", "#2a9d8f", "#e9a23b", "#c8553d")


@dataclass(frozen=True, slots=True)
class World:
    """What is scanned, and by how many tries at most."""

    loss: float
    delay_ms: float = 1.0
    jitter_ms: float = 0.0
    icmp: float = 0.0
    shares: tuple[float, float, float, float] = SHARES
    tries: int = Timing().max_tries
    seed: int = 0
    hosts: int = HOSTS
    ports: int = PORTS


@dataclass(frozen=True, slots=True)
class Came:
    """What a scan came to: open ports there are, missed, and false; the number that it expected to miss."""

    there: int
    missed: int
    false: int
    expected: float


def scanned(world: World) -> Came:
    """One scan in virtual time."""
    hosts = AddressSpace.of([(FIRST, FIRST + world.hosts - 1)])
    space = Space.of([(hosts, np.arange(1, world.ports + 1).astype(np.uint16))])
    way = Way(
        loss=world.loss,
        delay_us=int(world.delay_ms * 1000),
        jitter_us=int(world.jitter_ms * 1000),
        icmp_per_second=world.icmp,
        icmp_burst=6.0,
    )
    net = Internet(space, way, world.shares, seed=world.seed)
    timing = Timing(max_tries=world.tries, min_tries=min(2, world.tries))
    engine = Engine(space, TECHNIQUE.table, timing, world.seed, 0)
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


def grid(pool: ProcessPoolExecutor, seeds: int) -> dict[tuple[str, str, float], list[Came]]:
    """Every cell of the grid by way, ration and loss."""
    keys = [(way, ration, loss) for way in WAYS for ration in RATIONS for loss in LOSSES]
    jobs = {
        key: [
            pool.submit(scanned, World(key[2], *WAYS[key[0]], RATIONS[key[1]], seed=seed))
            for seed in range(seeds)
        ]
        for key in keys
    }
    return {key: [job.result() for job in some] for key, some in jobs.items()}


def calibration(pool: ProcessPoolExecutor, seeds: int) -> Iterator[str]:
    """For each sparing scan: what was expected and missed on average, and how often the interval held."""
    for loss, tries in SPARING:
        worlds = [
            World(
                loss,
                shares=SPARING_SHARES,
                tries=tries,
                seed=seed,
                hosts=SPARING_HOSTS,
                ports=SPARING_PORTS,
            )
            for seed in range(seeds)
        ]
        came = list(pool.map(scanned, worlds))
        intervals = [missed_95(each.expected) for each in came]
        held = sum(least <= each.missed <= most for each, (least, most) in zip(came, intervals, strict=True))
        expected, missed = (
            np.mean([getattr(each, name) for each in came]) for name in ("expected", "missed")
        )
        yield f"| {loss:.0%} | {tries} | {expected:.2f} | {missed:.2f} | {held / seeds:.1%} |"


def table(cells: dict[tuple[str, str, float], list[Came]]) -> Iterator[str]:
    """Recall of open ports, a row for each way and ration."""
    yield f"| one way | ICMP errors rationed | {' | '.join(f'{loss:.0%} loss' for loss in LOSSES)} |"
    yield f"|---|---|{'---|' * len(LOSSES)}"
    for way in WAYS:
        for ration in RATIONS:
            shares = (recall(cells[way, ration, loss]) for loss in LOSSES)
            yield f"| {way} | {ration} | {' | '.join(f'{share:.3%}' for share in shares)} |"


def recall(came: Sequence[Came]) -> float:
    """The share of open ports that was found."""
    return 1 - sum(each.missed for each in came) / sum(each.there for each in came)


def picture(cells: dict[tuple[str, str, float], list[Came]]) -> str:
    """Missed of 100,000 open ports against loss, a line for each way, as SVG."""
    lines = {
        way: [1e5 * (1 - recall([*cells[way, "no", loss], *cells[way, "1/s", loss]])) for loss in LOSSES]
        for way in WAYS
    }
    top = max(10.0, *(max(line) for line in lines.values()))
    at = [(60 + 500 * loss / LOSSES[-1], loss) for loss in LOSSES]
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 340" font-family="sans-serif">']
    parts.append(
        '<rect width="700" height="340" fill="white"/><path d="M60 20V280H560" fill="none" stroke="#444"/>'
    )
    for x, loss in at:
        parts.append(f'<text x="{x:.0f}" y="300" font-size="12" text-anchor="middle">{loss:.0%}</text>')
    for share in (0.0, 0.5, 1.0):
        y = 280 - 250 * share
        parts.append(
            f'<text x="54" y="{y + 4:.0f}" font-size="12" text-anchor="end">{top * share:.0f}</text>'
        )
    for row, (way, line) in enumerate(lines.items()):
        points = " ".join(f"{x:.0f},{280 - 250 * y / top:.1f}" for (x, _), y in zip(at, line, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[row]}" stroke-width="2"/>')
        parts.append(f'<text x="570" y="{40 + 20 * row}" font-size="12" fill="{COLOURS[row]}">{way}</text>')
    parts.append('<text x="310" y="325" font-size="13" text-anchor="middle">packets lost, each way</text>')
    parts.append('<text x="64" y="16" font-size="13">missed of 100,000 open ports</text></svg>')
    return "\n".join(parts) + "\n"


PAGE = """# Accuracy

Written by `bench/accuracy.py` from scans of an internet in memory: {hosts} hosts with {ports} ports, half of them
open, {seeds} seeds a cell, {there:,} open ports a cell, default timing. What was found of the open ports:

{table}

False open ports: {false}. Delays are one way; a jitter reorders packets. Where packets get lost, the loss is measured
and silence is asked again until next to nothing can be hidden behind it.

![Missed open ports against loss](accuracy.svg)

## The number stated

A scan says how many open ports it expects to have missed, and the interval in which the true number lies in 95 runs
of 100. With as many tries as it takes by itself both are next to 0, so here it was allowed fewer, on one host with
{sparing:,} ports, a tenth of them open; {runs} seeds a row:

| loss each way | tries | expected | missed | in the interval |
|---|---|---|---|---|
{calibration}
"""


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Accuracy over a grid of losses and delays, simulated.")
    parser.add_argument("--seeds", type=int, default=2, help="seeds a cell (default 2)")
    parser.add_argument("--runs", type=int, default=200, help="seeds of the interval's proof (default 200)")
    parser.add_argument("--into", type=Path, default=DOCS, help="where the page and the picture go")
    wanted = parser.parse_args(words)
    with ProcessPoolExecutor() as pool:
        cells = grid(pool, wanted.seeds)
        page = PAGE.format(
            hosts=HOSTS,
            ports=PORTS,
            seeds=wanted.seeds,
            runs=wanted.runs,
            sparing=SPARING_PORTS,
            there=min(sum(each.there for each in some) for some in cells.values()),
            false=sum(each.false for some in cells.values() for each in some),
            table="\n".join(table(cells)),
            calibration="\n".join(calibration(pool, wanted.runs)),
        )
    (wanted.into / "accuracy.md").write_text(page, encoding="utf-8")
    (wanted.into / "accuracy.svg").write_text(picture(cells), encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
