"""Line charts as SVG, for the pages that the benches write: two axes, linear or logarithmic, and some lines.

    chart([Line("ours", [(1e3, 0.4), (1e4, 0.6)])], Axis("probes", log=True), Axis("seconds", log=True))

Every line has a colour (of Okabe and Ito's palette, which the colour-blind tell apart as well) and a mark of its own,
and its name stands beside the chart. The same figures give the same bytes.

Limits: at most as many lines as there are colours; a logarithmic axis has no place for what is not above 0.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

__all__ = ["Axis", "Line", "chart", "short"]

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 560, 20, 330  # of the plot
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444", "#8b5a2b")
MARKS = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",  # disc, square, triangle, diamond, cross, plus, bar, turned triangle
    "M-4 -4h8v8h-8z",
    "M0 -5l5 9h-10z",
    "M0 -5l5 5l-5 5l-5 -5z",
    "M-4 -4l8 8M4 -4l-8 8",
    "M-5 0h10M0 -5v10",
    "M-5 -1h10v2h-10z",
    "M0 5l5 -9h-10z",
)
STEPS = (1.0, 2.0, 5.0, 10.0)
FEW_DECADES = 1.5  # below this a logarithmic axis has ticks at 2 and 5 as well
MOST_TICKS = 6


def short(value: float) -> str:
    """A number on an axis: 1500 is 1.5k, 2000000 is 2M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Axis:
    """What is counted, with its unit; how a number is written; what it covers at least."""

    title: str
    log: bool = False
    say: Callable[[float], str] = short
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Points in order of x. `dashed` and `marked` say how it is drawn."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a value lies between two places of the picture, and which values get a tick."""

    ticks: Sequence[float]
    log: bool
    first: float
    last: float

    def at(self, value: float) -> float:
        low, high, here = (_even(each, self.log) for each in (self.ticks[0], self.ticks[-1], value))
        return self.first + (self.last - self.first) * (here - low) / (high - low)


def chart(lines: Sequence[Line], x: Axis, y: Axis) -> str:
    """The picture as a whole SVG file."""
    if len(lines) > len(COLOURS):
        raise ValueError(f"at most {len(COLOURS)} lines in one chart")
    across = _scale(x, [point[0] for line in lines for point in line.points], LEFT, RIGHT)
    up = _scale(y, [point[1] for line in lines for point in line.points], BOTTOM, TOP)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f"<title>{escape(y.title)} against {escape(x.title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_axes(x, y, across, up),
    ]
    for row, line in enumerate(lines):
        parts += _line(line, row, across, up)
    return "\n".join([*parts, "</svg>", ""])


def _even(value: float, log: bool) -> float:
    return math.log10(value) if log else value


def _scale(axis: Axis, values: Sequence[float], first: float, last: float) -> Scale:
    bounds = [each for each in (axis.least, axis.most) if each is not None]
    low, high = min([*values, *bounds]), max([*values, *bounds])
    if axis.log and low <= 0:
        raise ValueError(f"{axis.title}: a logarithmic axis has no {low}")
    ticks = _log_ticks(low, high) if axis.log else _linear_ticks(low, high)
    return Scale(ticks, axis.log, first, last)


def _linear_ticks(low: float, high: float) -> list[float]:
    span = (high - low) or abs(high) or 1.0
    size = 10.0 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(size * each for each in STEPS if span / (size * each) <= MOST_TICKS)
    begin, end = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [each * step for each in range(begin, max(end, begin + 1) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    begin, end = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    powers = range(begin, end + 2)
    if math.log10(high / low) > FEW_DECADES:
        return [10.0**power for power in powers if power <= end]
    ticks = sorted({10.0**power * step for power in powers for step in STEPS})
    least = [each for each in ticks if each <= low * 1.001][-1]
    most = next(each for each in ticks if each >= max(high / 1.001, least * 1.001))
    return [each for each in ticks if least <= each <= most]


def _axes(x: Axis, y: Axis, across: Scale, up: Scale) -> Iterator[str]:
    for value in across.ticks:
        place = f"{across.at(value):.1f}"
        yield f'<path d="M{place} {TOP}V{BOTTOM}" stroke="#ddd"/>'
        yield f'<text x="{place}" y="{BOTTOM + 18}" text-anchor="middle">{escape(x.say(value))}</text>'
    for value in up.ticks:
        at = up.at(value)
        yield f'<path d="M{LEFT} {at:.1f}H{RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{escape(y.say(value))}</text>'
    yield f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="#444"/>'
    middle = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    title = 'text-anchor="middle" font-size="13"'
    yield f'<text x="{middle[0]:.0f}" y="{BOTTOM + 44}" {title}>{escape(x.title)}</text>'
    turned = f'transform="translate(22 {middle[1]:.0f}) rotate(-90)"'
    yield f"<text {turned} {title}>{escape(y.title)}</text>"


def _line(line: Line, row: int, across: Scale, up: Scale) -> Iterator[str]:
    colour, level = COLOURS[row], TOP + 12 + 22 * row
    places = [(across.at(x), up.at(y)) for x, y in line.points]
    shown = [(RIGHT + 20.0, float(level)), (RIGHT + 48.0, float(level))]
    dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
    style = f'fill="none" stroke="{colour}" stroke-width="2"{dashes}'
    for some in (places, shown):
        yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in some)}" {style}/>'
    for x, y in [*places, (RIGHT + 34.0, float(level))] if line.marked else []:
        mark = f'd="{MARKS[row]}" fill="{colour}" stroke="{colour}" stroke-width="1.5"'
        yield f'<path transform="translate({x:.1f} {y:.1f})" {mark}/>'
    yield f'<text x="{RIGHT + 56}" y="{level + 4}">{escape(line.name)}</text>'
