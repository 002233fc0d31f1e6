"""Curves as pictures, in SVG written by hand: how a training went, what an experiment found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from statistics import fmean
from typing import Any

from tracetf.views.ink import power_of_ten

Point = tuple[float, float]

WIDTH, HEIGHT = 720, 360
LEGEND, NAMED, NEXT = 3, 220, 18  # names on a line of the legend, how far apart; how far apart its lines
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 56, 44
ACROSS, DOWN = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
MOST_POINTS = 500
# One grey and colours that can be told apart, and seen on white and on black alike.
INK = "#767676"
COLOURS = ("#3b82f6", "#d97706", "#16a34a", "#db2777", "#8b5cf6", "#0891b2")
DASHES = ("", "7 4", "2 3")


@dataclass(frozen=True)
class Curve:
    """Hold one line of a picture.

    Args:
        name: for the legend.
        points: step and value, in the order of the steps.
        dots: mark each point, where there are few.
        family: curves of one family have one colour, and are told apart by their dashes.
    """

    name: str
    points: Sequence[Point]
    dots: bool = False
    family: str = ""


@dataclass(frozen=True)
class Axis:
    """Say where values stand along a line with marks.

    Args:
        marks: round numbers, the first and last of which hold all others between them.
        said: writes a mark.
        number: what of a value is marked: itself, or its logarithm.
    """

    marks: Sequence[float]
    said: Callable[[float], str] = "{:,g}".format
    number: Callable[[float], float] = float

    def at(self, mark: float) -> float:
        """Return where a number is, from 0 at the first mark to 1 at the last."""
        return (mark - self.marks[0]) / (self.marks[-1] - self.marks[0])

    def of(self, value: float) -> float:
        """Return where a value is, likewise."""
        return self.at(self.number(value))


def loss_svg(metrics: Iterable[Mapping[str, Any]], words: Mapping[str, str]) -> str:
    """Draw the loss, while learning and on held-out pairs.

    Args:
        metrics: the lines of a metrics file.
        words: what the screen says, by key.

    Raises:
        ValueError: nothing to draw.
    """
    lines = list(metrics)
    learning = Curve(words["curve_learning"], thinned(_points(lines, "step", "loss")))
    held_out = Curve(words["curve_held_out"], _points(lines, "validation", "loss"), dots=True)
    return svg(words["curve_loss"], words["curve_step"], [learning, held_out])


def rate_svg(metrics: Iterable[Mapping[str, Any]], words: Mapping[str, str]) -> str:
    """Draw the learning rate.

    Args, Raises: as `loss_svg`.
    """
    rate = Curve("", thinned(_points(metrics, "step", "rate")))
    return svg(words["curve_rate"], words["curve_step"], [rate])


def _points(metrics: Iterable[Mapping[str, Any]], kind: str, name: str) -> list[Point]:
    return [
        (line["step"], line[name])
        for line in metrics
        if line.get("kind") == kind and isinstance(line.get(name), int | float)
    ]


def thinned(points: Sequence[Point]) -> list[Point]:
    """Return so few points that each can be seen: the means of neighbours."""
    size = ceil(len(points) / MOST_POINTS)
    groups = [points[first : first + size] for first in range(0, len(points), size or 1)]
    return [(fmean(x for x, _ in group), fmean(y for _, y in group)) for group in groups]


def svg(title: str, across: str, curves: Sequence[Curve], log: bool = False) -> str:
    """Draw curves over steps, or over whatever is counted.

    Args:
        title: what the values are.
        across: what is counted from left to right.
        log: let equal distances upwards be equal factors.

    Raises:
        ValueError: no curve has a point; a value that has no logarithm.
    """
    named = [curve for curve in curves if curve.points]
    if not named:
        raise ValueError("there is no step to draw; train at least one")
    points = [point for curve in named for point in curve.points]
    x, y = Axis(marks([0, *(x for x, _ in points)])), _upwards([y for _, y in points], log)
    lines = ceil(sum(bool(curve.name) for curve in named) / LEGEND)
    top = TOP + NEXT * max(0, lines - 1)
    parts = [_text(LEFT, 20, title, "font-weight='bold'"), *_axes(x, y, across, top)]
    for place, (curve, (colour, dash)) in enumerate(zip(named, _styles(named), strict=True)):
        at = [(LEFT + x.of(i) * ACROSS, top + DOWN - y.of(value) * DOWN) for i, value in curve.points]
        stroke = f"stroke='{colour}' stroke-dasharray='{dash}'" if dash else f"stroke='{colour}'"
        parts += _drawn(at, stroke, colour if curve.dots or len(at) == 1 else "")
        if curve.name:
            line, column = divmod(place, LEGEND)
            parts += _legend(curve.name, stroke, LEFT + NAMED * column, 38 + NEXT * line)
    height = HEIGHT + top - TOP
    return FRAME.format(width=WIDTH, height=height, title=escape(title), ink=INK, parts="\n".join(parts))


def _upwards(values: Sequence[float], log: bool) -> Axis:
    if not log:
        return Axis(marks([0, *values]), "{:g}".format)
    if min(values) <= 0:
        raise ValueError(f"{min(values):g} has no logarithm; with log=True, draw values above 0")
    return Axis(powers(values), lambda exponent: power_of_ten(int(exponent)), log10)


def _axes(x: Axis, y: Axis, across: str, top: float) -> list[str]:
    bottom = top + DOWN
    parts = [_text(WIDTH - RIGHT, bottom + 36, across, END)]
    parts += [_text(LEFT + x.at(mark) * ACROSS, bottom + 18, x.said(mark), MIDDLE) for mark in x.marks]
    for mark in y.marks:
        height = bottom - y.at(mark) * DOWN
        parts.append(f"<path d='M{LEFT} {height:.1f}h{ACROSS}' stroke='{INK}' stroke-opacity='.35'/>")
        parts.append(_text(LEFT - 8, height + 4, y.said(mark), END))
    return parts


def _styles(curves: Sequence[Curve]) -> Iterator[tuple[str, str]]:
    """Yield how each line is drawn: a colour for each family, and dashes within it."""
    members: dict[object, int] = {}
    for place, curve in enumerate(curves):
        family = curve.family or place
        before = members.get(family, 0)
        members[family] = before + 1
        colour = list(members).index(family)
        yield COLOURS[colour % len(COLOURS)], DASHES[before % len(DASHES)]


END, MIDDLE = "text-anchor='end'", "text-anchor='middle'"
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
aria-label="{title}">
<g font-family="sans-serif" font-size="13" fill="{ink}">
{parts}
</g></svg>
"""


def marks(values: Iterable[float]) -> list[float]:
    """Return round numbers, evenly apart, the first and last of which hold all values between them."""
    known = list(values)
    least, most = min(known), max(known)
    apart = _rounded((most - least) / 5 or 1)
    first, last = floor(least / apart), ceil(most / apart)
    return [apart * place for place in range(first, max(last, first + 1) + 1)]


def powers(values: Iterable[float]) -> list[int]:
    """Return exponents, evenly apart: all values are between the first and last of these powers of ten."""
    exponents = [log10(value) for value in values]
    least, most = floor(min(exponents)), ceil(max(exponents))
    apart = ceil((most - least) / 6) or 1
    first, last = floor(least / apart), ceil(most / apart)
    return [apart * place for place in range(first, max(last, first + 1) + 1)]


def _rounded(rough: float) -> float:
    """Return the next larger number that is 1, 2 or 5 with zeros."""
    power = 10.0 ** floor(log10(rough))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= rough)


def _drawn(points: Sequence[Point], stroke: str, dots: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = f"<polyline points='{path}' fill='none' {stroke} stroke-width='1.5'/>"
    circles = [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{dots}'/>" for x, y in points]
    return [line, *(circles if dots else [])]


def _legend(name: str, stroke: str, left: float, height: float) -> list[str]:
    line = f"<path d='M{left} {height}h18' {stroke} stroke-width='3'/>"
    return [line, _text(left + 26, height + 4, name)]


def _text(x: float, y: float, said: str, style: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' {style}>{escape(said)}</text>"
