"""Events and traces in a notebook: an event as small tables, a trace as the explorer.

Importing this lends `Event` and `Trace` their `_repr_html_`, which notebooks ask for: the record itself knows
no pictures. All styles of tables are inline, their colours lie thinly on whatever paper the notebook has, and
text is text.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np

from tracetf.trace import Event, Trace
from tracetf.views.ink import MASKED, NEGATIVE, POSITIVE, digits, strength
from tracetf.views.matrix import Matrix, matrices
from tracetf.views.page import frame
from tracetf.views.page.legible import legible

MOST = 16
HEADS = 4
LONGEST_LABEL = 24
LONGEST_LINE = 200
STRONGEST = 0.5  # more ink than this, and digits are hard to read in either theme
BOX = "font-family:monospace;font-size:12px;line-height:1.5;overflow-x:auto"
BESIDE = "display:flex;flex-wrap:wrap;gap:16px;margin-top:4px"
TABLE = "border-collapse:collapse;text-align:right;font-size:inherit;margin:0"
CELL = "padding:1px 5px"
FAINT = "opacity:0.75"


def event_html(event: Event) -> str:
    """Return an event as tables: its first sentence, its first heads, their first rows and columns."""
    lines = [
        f"<b>{_text(event.path, LONGEST_LINE)}</b>",
        _text(event.step.formula if event.step else "", LONGEST_LINE),
        _faint(f"{event.phase} · {event.sizes}"),
    ]
    if 0 in event.shape:
        return _box(*lines, _faint("no numbers"))
    plane = _plane(event)
    tables = map(_matrix, matrices(Trace(), plane, range(min(HEADS, _heads(plane)))))
    return _box(*lines, f'<div style="{BESIDE}">{"".join(tables)}</div>', _faint(_left_out(event, plane)))


def trace_html(trace: Trace) -> str:
    """Return a trace as a table of how many steps each place of the model computed in each phase."""
    counts = Counter((_place(event.module), event.phase) for event in trace)
    places, phases = list(dict.fromkeys(place for place, _ in counts)), trace.phases
    rows = [
        (place, [(str(counts[place, phase] or ""), "") for phase in phases[:MOST]]) for place in places[:MOST]
    ]
    shown = _shown([("places", len(places), MOST), ("phases", len(phases), MOST)])
    return _box(
        f"<b>Trace of {len(trace)} events</b>",
        _faint(trace.notice),
        f'<div style="{BESIDE}">{_table("", phases[:MOST], rows)}</div>' if rows else "",
        _faint(shown),
    )


def trace_page(trace: Trace) -> str:
    """Return a trace as the explorer in a frame of its own, and folded below it what the trace holds.

    Where a notebook shows no frames, or the run is too large for one, that is all there is.
    """
    held = trace_html(trace)
    try:
        return f"{frame(trace)}<details><summary>{len(trace)} events</summary>{held}</details>"
    except ValueError:
        return held


def _place(module: str) -> str:
    """Return the part of the model that a module is in: its layer, if it is in one."""
    layer = re.match(r"(?:.*?\.)?\d+(?=\.|$)", module)
    return layer[0] if layer else module.partition(".")[0] or "the model"


def _plane(event: Event) -> Event:
    """Return an event with no more axes than can be drawn: of further ones, the first place."""
    axes, value = event.axes, event.value
    if np.iscomplexobj(value):
        value = np.abs(value)
    if axes[-1:] == ("one",):
        axes, value = axes[:-1], value[..., 0]
    leading = len(axes) - len(_inner(axes))
    further = max(0, len(axes) - leading - 2)
    value = value[(slice(None),) * leading + (0,) * further]
    return replace(event, axes=axes[:leading] + axes[leading + further :], value=value, gradient=None)


def _inner(axes: Sequence[str]) -> Sequence[str]:
    """Return the axes after those of sentences and heads."""
    axes = axes[1:] if axes[:1] == ("batch",) else axes
    return axes[1:] if axes[:1] == ("head",) else axes


def _heads(plane: Event) -> int:
    return dict(zip(plane.axes[:2], plane.shape, strict=False)).get("head", 0)


def _left_out(event: Event, plane: Event) -> str:
    most = dict.fromkeys(plane.axes, MOST) | {"batch": 1, "head": HEADS}
    return _shown((axis, size, most.get(axis, 1)) for axis, size in zip(event.axes, event.shape, strict=True))


def _shown(parts: Iterable[tuple[str, int, int]]) -> str:
    told = [f"{name} {most} of {size}" for name, size, most in parts if size > most]
    return f"shown: {', '.join(told)}" if told else ""


def _matrix(matrix: Matrix) -> str:
    whole = np.issubdtype(matrix.values.dtype, np.integer)
    labels = [*matrix.rows, *[""] * len(matrix.values)]  # queries without words have none
    rows = [
        (label, [(digits(value, whole), _ink(value, matrix.bounds)) for value in row[:MOST]])
        for label, row in zip(labels, matrix.values[:MOST], strict=False)
    ]
    return _table(matrix.title, matrix.columns[:MOST], rows)


def _ink(value: Any, bounds: tuple[float, float]) -> str:
    share = strength(value, bounds)
    if share is None:
        return FAINT if digits(value) == MASKED else ""
    red, green, blue = POSITIVE if share > 0 else NEGATIVE
    return f"background:rgba({red},{green},{blue},{STRONGEST * abs(share):.2f})"


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    """Return a table whose cells are each a text and its style."""
    heading = "".join(map(_label, ("", *columns)))
    lines = [_label(label) + "".join(_cell(text, style) for text, style in cells) for label, cells in rows]
    caption = f"<caption>{_text(title)}</caption>" if title else ""
    body = "".join(f"<tr>{line}</tr>" for line in (heading, *lines))
    return f'<table style="{TABLE}">{caption}{body}</table>'


def _label(text: str) -> str:
    return f'<th style="{CELL};white-space:pre;text-align:right">{_text(text)}</th>'


def _cell(text: str, style: str) -> str:
    return f'<td style="{CELL};{style}">{_text(text)}</td>'


def _text(text: str, longest: int = LONGEST_LABEL) -> str:
    """Return a text as it is read: markup is no markup, and what would steer the text around it is named."""
    return escape(legible(text, longest))


def _faint(text: str) -> str:
    return f'<span style="{FAINT}">{_text(text, LONGEST_LINE)}</span>' if text else ""


def _box(*parts: str) -> str:
    return f'<div style="{BOX}">{"<br>".join(part for part in parts if part)}</div>'


Event._repr_html_ = event_html
Trace._repr_html_ = trace_page
