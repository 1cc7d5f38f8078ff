"""How well a scan fills a limited link: ``python bench/links.py`` writes ``docs/rate.md`` and its picture.

The engine scans the internet in memory over links of 1,000, 10,000 and 100,000 packets a second, a queue of 50 ms
(`tests/sim/links.py`), some seconds' worth each: few hosts with all their ports, and 256 hosts with few; where all
ports answer, one in ten, one in a hundred. Then the capacity of a link falls and rises again. Times are virtual, so
the machine does not matter; nothing is sent.

`bench/limited.py` measures the same in the lab, and its part of the page is left as it is.

Limits: the queue drops what does not fit, as most do; links without a queue (policers) are in `tests/engine`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import numpy as np
from bench.drawing import Axis, Line, chart
from tests.sim.links import SECOND, Case, Flow, over_link

DOCS = Path(__file__).parents[1] / "docs"
CAPACITIES = (1_000, 10_000, 100_000)
ANSWERS = ("all", "10 %", "1 %")
STEADY_S = 3.0
WORTH_S = 6  # seconds that the first tries alone take
ALL_PORTS = 65_535
MANY = 256
LAB = "\n## In the lab\n"  # from here on the page is that of `bench/limited.py`
HIGH, LOW = 10_000.0, 3_000.0
CHANGING = Case(HIGH, "all", 2, ALL_PORTS, ((4 * SECOND, LOW), (9 * SECOND, HIGH)), known=True)
PICTURED_S = 14.0
EVERY_S = 0.1


def cases(capacities: Sequence[int]) -> Iterator[Case]:
    """Every row of the table."""
    for pps, answering in product(capacities, ANSWERS):
        questions = WORTH_S * pps
        few = -(-questions // ALL_PORTS)
        yield Case(pps, answering, few, questions // few, known=True)
        yield Case(pps, answering, MANY, questions // MANY, known=True)


def row(flow: Flow) -> str:
    """One scan."""
    case = flow.case
    return (
        f"| {case.capacity_pps:,.0f} | {case.answering} | {case.hosts} x {case.ports:,} "
        f"| {flow.throughput:.0%} | {flow.loss:.1%} "
        f"| {flow.carried(STEADY_S, flow.news_s):.0%} | {flow.dropped(STEADY_S, np.inf):.1%} "
        f"| {flow.found:,} of {flow.there:,} | {flow.seconds:.1f} s |"
    )


def picture(flow: Flow) -> str:
    """Probes a second over time: what the link carries, what is sent, what gets through."""
    edges = np.arange(0.0, PICTURED_S + EVERY_S, EVERY_S)
    middle = (edges[1:] + edges[:-1]) / 2
    rates = {
        "the link's capacity": np.array([flow.case.capacity_at(int(at * SECOND)) for at in middle]),
        "sent": np.histogram(flow.at_us / SECOND, edges, weights=flow.sent)[0] / EVERY_S,
        "carried": np.histogram(flow.at_us / SECOND, edges, weights=flow.passed)[0] / EVERY_S,
    }
    lines = [
        Line(name, [(float(x), float(y)) for x, y in zip(middle, rate, strict=True)], marked=False)
        for name, rate in rates.items()
    ]
    return chart(lines, Axis("seconds", least=0), Axis("probes a second", least=0))


PAGE = """# Rate

Written by `bench/links.py` from scans of an internet in memory, 20 ms away over a link that carries so many packets a
second and has a queue of 50 ms, which drops what does not fit; `--rate auto`, the default, and no other option. The
first tries alone take {worth} seconds. As after finding hosts, how long the way takes is known.

- *answer*: how many ports answer at all; one in a hundred is open.
- *used*: which part of what the link could carry it carried while there was something new to ask.
- *lost*: which part of all probes, those that ask again included, the queue dropped.
- *later*: the same two from the fourth second on, when the rate has been found.

| link | answer | hosts x ports | used | lost | later used | lost | open found | time |
|---|---|---|---|---|---|---|---|---|
{table}

Where nearly nobody answers there is little to go by: on a link of 1,000 a second with one port in a hundred
answering, ten answers a second at most. A queue is felt after a handful of them, so about half a second after it is
full, and until then what is over the capacity gets lost. Likewise a fast link is filled step by step, each of them
proved by a few answers, which takes one to two seconds of the six. What was lost twice before the queue was felt may
stay hidden: so few answers cannot tell it from silence.

## When the capacity changes

Two hosts, all ports; the link falls from {high:,.0f} to {low:,.0f} packets a second and rises again. Of what it could
carry it carried {before:.0%} before, {during:.0%} during the last three seconds of the low time and {after:.0%} after
two seconds of the high one; {lost:.1%} of all probes were lost.

![Rate over time](rate.svg)
"""


def page(flows: Sequence[Flow], changing: Flow) -> str:
    """The page of the documentation."""
    return PAGE.format(
        table="\n".join(map(row, flows)),
        worth=WORTH_S,
        high=HIGH,
        low=LOW,
        before=changing.carried(1, 4),
        during=changing.carried(6, 9),
        after=changing.carried(11, PICTURED_S - 1),
        lost=changing.loss,
    )


def publish(into: Path, simulated: str | None = None, lab: str | None = None) -> None:
    """Write the one bench's part of the page, and leave the other's as it is."""
    page = into / "rate.md"
    there, heading, measured = (page.read_text(encoding="utf-8") if page.exists() else "").partition(LAB)
    simulated = there if simulated is None else simulated
    lab = heading + measured if lab is None else LAB + lab
    page.write_text(simulated + lab, encoding="utf-8")


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="How well scans fill limited links, simulated.")
    parser.add_argument("--capacity", type=int, action="append", help="only links of this; repeatable")
    parser.add_argument("--into", type=Path, default=DOCS, help="where the page and the picture go")
    wanted = parser.parse_args(words)
    with ProcessPoolExecutor() as pool:
        *flows, changing = pool.map(over_link, [*cases(wanted.capacity or CAPACITIES), CHANGING], chunksize=1)
    text = page(flows, changing)
    publish(wanted.into, simulated=text)
    (wanted.into / "rate.svg").write_text(picture(changing), encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
