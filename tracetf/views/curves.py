"""How a training went, as pictures: loss and learning rate over the steps, in SVG written by hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from statistics import fmean
from typing import Any

Point = tuple[float, float]

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 56, 44
ACROSS, DOWN = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
MOST_POINTS = 500
# One grey and two colours that can be read on white and on black alike.
INK, COLOURS = "#767676", ("#3b82f6", "#d97706")


@dataclass(frozen=True)
class Curve:
    """Hold one line of a picture.

    Args:
        name: for the legend.
        points: step and value, in the order of the steps.
        dots: mark each point, where there are few.
    """

    name: str
    points: Sequence[Point]
    dots: bool = False


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


def svg(title: str, across: str, curves: Sequence[Curve]) -> str:
    """Draw curves over steps.

    Args:
        title: what the values are.
        across: what is counted from left to right.

    Raises:
        ValueError: no curve has a point.
    """
    points = [point for curve in curves for point in curve.points]
    if not points:
        raise ValueError("there is no step to draw; train at least one")
    x, y = marks([0, *(x for x, _ in points)]), marks([0, *(y for _, y in points)])
    parts = [_text(LEFT, 20, title, "font-weight='bold'"), _text(WIDTH - RIGHT, HEIGHT - 8, across, END)]
    parts += [
        _text(LEFT + _share(mark, x) * ACROSS, HEIGHT - BOTTOM + 18, f"{mark:,g}", MIDDLE) for mark in x
    ]
    for mark in y:
        height = TOP + DOWN - _share(mark, y) * DOWN
        parts.append(f"<path d='M{LEFT} {height:.1f}h{ACROSS}' stroke='{INK}' stroke-opacity='.35'/>")
        parts.append(_text(LEFT - 8, height + 4, f"{mark:g}", END))
    named = [(curve, colour) for curve, colour in zip(curves, COLOURS, strict=False) if curve.points]
    for place, (curve, colour) in enumerate(named):
        at = [
            (LEFT + _share(step, x) * ACROSS, TOP + DOWN - _share(value, y) * DOWN)
            for step, value in curve.points
        ]
        parts += _drawn(at, colour, curve.dots or len(at) == 1)
        if curve.name:
            parts += _legend(curve.name, colour, LEFT + 220 * place)
    return FRAME.format(width=WIDTH, height=HEIGHT, title=escape(title), ink=INK, parts="\n".join(parts))


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


def _rounded(rough: float) -> float:
    """Return the next larger number that is 1, 2 or 5 with zeros."""
    power = 10.0 ** floor(log10(rough))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= rough)


def _share(value: float, axis: Sequence[float]) -> float:
    return (value - axis[0]) / (axis[-1] - axis[0])


def _drawn(points: Sequence[Point], colour: str, dots: bool) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='1.5'/>"
    circles = [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{colour}'/>" for x, y in points]
    return [line, *(circles if dots else [])]


def _legend(name: str, colour: str, left: float) -> list[str]:
    return [f"<path d='M{left} 38h18' stroke='{colour}' stroke-width='3'/>", _text(left + 26, 42, name)]


def _text(x: float, y: float, said: str, style: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' {style}>{escape(said)}</text>"
