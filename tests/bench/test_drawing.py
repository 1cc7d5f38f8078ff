"""Charts: valid SVG, points where they belong, ticks that are round numbers and cover everything."""

import math
from xml.etree import ElementTree as ET

import pytest
from bench.drawing import BOTTOM, COLOURS, LEFT, RIGHT, TOP, Axis, Line, chart, short
from hypothesis import given
from hypothesis import strategies as st

SVG = "{http://www.w3.org/2000/svg}"
POSITIVE = st.floats(1e-3, 1e9, allow_nan=False)


def drawn(text: str) -> list[list[tuple[float, float]]]:
    """The places of each line; those of the legend left out."""
    lines = [each.attrib["points"].split() for each in ET.fromstring(text).iter(f"{SVG}polyline")]
    places = [[tuple(map(float, place.split(","))) for place in line] for line in lines]
    return [[(x, y) for x, y in line] for line in places[::2]]


def words(text: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(text).iter(f"{SVG}text")]


def test_corners_and_middles() -> None:
    text = chart([Line("a", [(0, 0), (5, 50), (10, 100)])], Axis("x"), Axis("y"))
    assert drawn(text) == [[(LEFT, BOTTOM), ((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2), (RIGHT, TOP)]]
    text = chart([Line("a", [(1, 1), (1e3, 10), (1e6, 100)])], Axis("x", log=True), Axis("y", log=True))
    assert drawn(text) == [[(LEFT, BOTTOM), ((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2), (RIGHT, TOP)]]


def test_what_is_written() -> None:
    text = chart(
        [Line("a & b", [(1e3, 1), (1e6, 3)]), Line("<c>", [(1e4, 2)], dashed=True, marked=False)],
        Axis("probes", log=True),
        Axis("time, s", most=5),
    )
    said = words(text)
    assert [each for each in said if each[:1].isdigit()] == ["1k", "10k", "100k", "1M", *"12345"]
    assert {"probes", "time, s", "a & b", "<c>"} <= set(said)
    assert text.count("stroke-dasharray") == 2
    assert text.count("translate(") == 1 + 3  # the turned title; two points and the legend of the marked line


def test_short_ranges_and_single_values() -> None:
    text = chart([Line("a", [(20, 7), (45, 7)])], Axis("x", log=True), Axis("y"))
    assert [each for each in words(text) if each[:1].isdigit()][:2] == ["20", "50"]
    assert len(drawn(chart([Line("a", [(0, 0)])], Axis("x"), Axis("y")))) == 1
    assert len(drawn(chart([Line("a", [(1, 10)])], Axis("x", log=True), Axis("y", log=True)))) == 1


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no 0"):
        chart([Line("a", [(0, 1)])], Axis("x", log=True), Axis("y"))
    with pytest.raises(ValueError, match="at most"):
        chart([Line("a", [(0, 1)])] * (len(COLOURS) + 1), Axis("x"), Axis("y"))


def test_numbers_are_short() -> None:
    assert [short(value) for value in (0, 0.05, 12, 1500, 2e6, 3e9)] == [
        "0",
        "0.05",
        "12",
        "1.5k",
        "2M",
        "3G",
    ]


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=6), st.booleans(), st.booleans())
def test_every_point_lies_inside_and_in_order(
    points: list[tuple[float, float]], x_log: bool, y_log: bool
) -> None:
    [places] = drawn(chart([Line("a", points)], Axis("x", log=x_log), Axis("y", log=y_log)))
    for x, y in places:
        assert LEFT - 0.1 <= x <= RIGHT + 0.1
        assert TOP - 0.1 <= y <= BOTTOM + 0.1
    by_value = [place[0] for _, place in sorted(zip(points, places, strict=True))]
    assert all(math.isclose(a, b) or a < b for a, b in zip(by_value, sorted(by_value), strict=True))
