"""What a page can draw: matrices with their words, the explorer of a run, curves, lines that cross.

Each function's first argument is the language of the page, which the page itself does not write.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np

from docs.live.glossary import glossary
from docs.live.markup import Html
from docs.live.tables import benchmarks, settings
from tracetf.trace import Trace
from tracetf.views import ink
from tracetf.views.curves import Curve, svg
from tracetf.views.ink import MASKED, digits, strength
from tracetf.views.matrix import Matrix, magnified, matrices
from tracetf.views.page import element
from tracetf.views.story import Wish
from tracetf.words import words

__all__ = [
    "benchmarks",
    "beside",
    "crossing",
    "curves",
    "explorer",
    "figure",
    "glossary",
    "matrix",
    "picture",
    "settings",
]


def matrix(
    language: str,
    values: Any,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    title: str = "",
    shares: bool = False,
    mark: Iterable[tuple[int, int]] = (),
) -> Html:
    """Draw numbers as a table with labels and colours.

    Args:
        shares: whether they run from 0 to 1; else the colours run about 0, as far as the largest.
        mark: cells to put a frame around.
    """
    numbers = np.atleast_2d(np.asarray(values))
    finite = np.abs(numbers[np.isfinite(numbers)].astype(float)) if numbers.dtype != bool else numbers
    bounds = (0.0, 1.0) if shares else (0.0, float(finite.max(initial=0)) or 1.0)
    [drawn], power = magnified([Matrix(numbers, rows, columns, bounds, title=title)])
    if power:
        drawn = replace(drawn, title=f"{title} × {ink.power_of_ten(power)}")
    return _boxed([_table(drawn, frozenset(mark))])


def picture(
    language: str, trace: Trace, path: str, phase: str = "", heads: Sequence[int] = (), columns: int = 16
) -> Html:
    """Draw an event of a run.

    Args:
        heads: which to draw; all when left out.
        columns: how many to draw at most; the last one then says how many are left out.
    """
    event = trace[path, phase] if phase else trace[path]
    drawn = [replace(one, title=_headed(language, one.title)) for one in matrices(trace, event, heads)]
    return _boxed([_table(one, frozenset(), columns) for one in drawn])


def _headed(language: str, title: str) -> str:
    return title.replace("head", words(language).page["axis_head"].lower())


def beside(language: str, *pictures: Html) -> Html:
    """Put pictures side by side, as many as fit."""
    return Html(f'<div class="beside">{"".join(pictures)}</div>')


def explorer(language: str, trace: Trace, wish: Wish | None = None, **attributes: Any) -> Html:
    """Put the explorer of a run into the page.

    Args:
        attributes: what to show first: `step="…"`, `phase="…"`, `head=2`, `cell="1.3"`.
    """
    said = {name: str(value) for name, value in attributes.items()}
    drawn = element(trace, wish or Wish(), lang=language, **said)
    return Html(f'<div class="explorer" data-search-exclude>{drawn}</div>')


def curves(
    language: str,
    title: str,
    across: str,
    lines: Mapping[str, Sequence[tuple[float, float]]],
    log: bool = False,
) -> Html:
    """Draw lines, by their names, over what is counted from left to right.

    Args:
        log: let equal distances upwards be equal factors.
    """
    drawn = [Curve(name, points) for name, points in lines.items()]
    return Html(f'<div class="drawn">{svg(title, across, drawn, log)}</div>')


def crossing(language: str, weights: Any, rows: Sequence[str], columns: Sequence[str]) -> Html:
    """Draw which word looks at which, as lines between two sentences; the thicker, the larger the weight."""
    wide = 640
    above, below = _spread(columns, wide), _spread(rows, wide)
    lines = [
        f"<path d='M{above[j]:.0f} 34C{above[j]:.0f} 90 {below[i]:.0f} 74 {below[i]:.0f} 130' "
        f"stroke-width='{8 * share:.1f}' stroke-opacity='{0.25 + 0.7 * share:.2f}'/>"
        for i, row in enumerate(np.asarray(weights))
        for j, share in enumerate(row)
        if share > 0.1
    ]
    words_above = [_word(x, 24, word) for x, word in zip(above, columns, strict=True)]
    words_below = [_word(x, 150, word) for x, word in zip(below, rows, strict=True)]
    label = escape(f"{' '.join(rows)} → {' '.join(columns)}")
    return Html(
        f'<div class="drawn"><svg viewBox="0 0 {wide} 164" role="img" aria-label="{label}">'
        f"<g class='links'>{''.join(lines)}</g>{''.join(words_above)}{''.join(words_below)}</svg></div>"
    )


def _spread(names: Sequence[str], wide: float) -> list[float]:
    return [wide * (place + 0.5) / len(names) for place in range(len(names))]


def _word(x: float, y: float, word: str) -> str:
    return f"<text x='{x:.0f}' y='{y:.0f}' text-anchor='middle'>{escape(word)}</text>"


def _boxed(tables: Sequence[str]) -> Html:
    return Html(f'<div class="matrices" role="group" tabindex="0">{"".join(tables)}</div>')


def _table(drawn: Matrix, mark: frozenset[tuple[int, int]], most: int = 40) -> str:
    values, rest = drawn.values[:, :most], drawn.values.shape[1] - most
    caption = f"<caption>{escape(drawn.title)}</caption>" if drawn.title else ""
    heading = "".join(f'<th scope="col">{escape(name)}</th>' for name in [*drawn.columns][:most])
    heading += f'<th scope="col">… {rest}</th>' if rest > 0 else ""
    names = [*drawn.rows] or [""] * len(values)
    lines = [
        f"<tr>{_heading(name)}"
        + "".join(_cell(value, drawn.bounds, (i, j) in mark) for j, value in enumerate(row))
        + ("<td></td>" if rest > 0 else "")
        + "</tr>"
        for i, (name, row) in enumerate(zip(names, values, strict=True))
    ]
    head = f"<thead><tr><td></td>{heading}</tr></thead>" if heading else ""
    return f'<table class="matrix">{caption}{head}<tbody>{"".join(lines)}</tbody></table>'


def _heading(name: str) -> str:
    return f'<th scope="row">{escape(name)}</th>' if name else "<td></td>"


def _cell(value: Any, bounds: tuple[float, float], marked: bool) -> str:
    text = digits(value, np.issubdtype(np.asarray(value).dtype, np.integer))
    share = strength(value, bounds)
    kind = "masked" if text == MASKED else "below" if share and share < 0 else "above"
    kind += " marked" if marked else ""
    return f'<td class="{kind}" style="--share:{abs(share or 0):.2f}">{text}</td>'


def figure(language: str, value: float, figures: int = 3) -> str:
    """Write a number in so many significant figures, a very small or large one with a power of ten."""
    return ink.figure(value, figures)
