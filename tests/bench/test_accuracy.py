"""The bench of accuracy: its worlds, what it counts, and the page that it writes."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from bench.accuracy import (
    ASKED,
    LOSSES,
    RATION,
    Came,
    World,
    column,
    data,
    page,
    picture,
    recall,
    rows,
    scanned,
    table,
)
from tests.sim.internet import Path as Way

CELLS = {
    (row, loss): Came(10_000, 5 if loss == 0.3 else 0, int(row[0] == "1 ms" and loss == 0), 0.1)
    for row in rows()
    for loss in LOSSES
}


def test_the_grid_has_delay_jitter_reordering_rations_and_udp() -> None:
    worlds = rows().values()
    assert {world.way.delay_us for world in worlds} == {1_000, 20_000, 100_000, 400_000}
    for what in ("jitter_us", "stragglers", "icmp_per_second", "duplicates"):
        shown = [bool(getattr(world.way, what)) for world in worlds]
        assert any(shown)
        assert not all(shown)
    assert {world.udp for world in worlds} == {False, True}
    assert {world.hosts * world.ports for world in worlds} == {15_000}
    assert (LOSSES[0], LOSSES[-1]) == (0.0, 0.3)


@pytest.mark.parametrize("row", [("20 ms", "5 % overtaken, 1 % twice"), ("20 ms", f"UDP, jitter, {RATION}")])
def test_a_cell_counts_what_is_there_missed_and_expected(row: tuple[str, str]) -> None:
    world = replace(rows()[row], hosts=3, ports=40)
    came = scanned(world)
    assert came.there > 60
    assert (came.missed, came.false) == (0, 0)
    assert came == scanned(world)
    few = scanned(replace(world, way=replace(world.way, loss=0.3), tries=1))
    assert few.missed > few.there / 4
    assert few.false == 0


def test_a_world_of_few_tries_misses_about_as_many_as_it_expects() -> None:
    came = [scanned(World(Way(loss=0.3), hosts=1, ports=400, tries=3, seed=seed)) for seed in range(10)]
    missed, expected = (sum(getattr(each, name) for each in came) for name in ("missed", "expected"))
    assert missed == pytest.approx(expected, rel=0.2)


def test_recall_and_columns() -> None:
    assert recall([Came(100, 1, 0, 0.0), Came(300, 3, 0, 0.0)]) == pytest.approx(0.99)
    assert len(column(CELLS, 0.1)) == len(rows())
    assert 0 < len(column(CELLS, 0.1, "20 ms")) < len(rows())


def test_the_page_the_picture_and_the_data() -> None:
    head, _, *body = table(CELLS)
    assert len(body) == len(rows()) + 2
    assert {line.count("|") for line in (head, *body)} == {len(LOSSES) + 3}
    assert body[-2].endswith("| **99.9500%** |")
    assert body[-1].endswith("| ≥ 99.90% |")
    text = page(CELLS, ["| 5% | 2 | 1.0 | 1.1 | 95.0% |"], 200)
    assert "at least 10,000 open ports a cell" in text
    assert f"False open ports: {len([1 for (ms, _) in rows() if ms == '1 ms'])} of" in text
    assert "{" not in text
    root = ET.fromstring(picture(CELLS))
    said = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1 ms one way", "400 ms one way", "at most", "30%"} <= set(said)
    lines = [json.loads(line) for line in data(CELLS).splitlines()]
    assert len(lines) == len(CELLS)
    assert lines[0] == {"delay": "1 ms", "besides": "steady", "loss": 0.0, **vars_of(CELLS)}
    assert set(ASKED) <= set(LOSSES)


def vars_of(cells: dict[tuple[tuple[str, str], float], Came]) -> dict[str, float]:
    """What the first cell came to."""
    first = next(iter(cells.values()))
    return {name: getattr(first, name) for name in ("there", "missed", "false", "expected")}
