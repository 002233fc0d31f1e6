"""What a page shows where scripts do not run: its main steps as plain tables."""

from html import escape

from tracetf.trace import Event, Trace
from tracetf.views.ink import digits
from tracetf.views.matrix import Matrix, matrices
from tracetf.views.page.legible import legible
from tracetf.views.page.selection import Selection
from tracetf.words import LANGUAGES, words

MAIN = ("transformer.source", "attention.weights", "transformer.probabilities")
MOST = 3
COLUMNS = 12
LONGEST = 40


def plain(trace: Trace, chosen: Selection) -> str:
    """Return a few events as tables: what went in, where attention looked, what came out."""
    known = {event.step.key: event for event in chosen.events if event.step}
    drawable = [event for event in chosen.events if len(event.axes) == 2 and event.value.size]
    shown = [known[key] for key in MAIN if key in known] or drawable[:MOST]
    notes = "".join(f'<p lang="{code}">{escape(words(code).page["plain"])}</p>' for code in LANGUAGES)
    return notes + "".join(_tables(trace, event) for event in shown)


def _tables(trace: Trace, event: Event) -> str:
    drawn = "".join(map(_table, matrices(trace, event)))
    return f"<h2>{_text(event.path)}</h2>{drawn}"


def _table(matrix: Matrix) -> str:
    whole = matrix.values.dtype.kind in "iu"
    rows = [
        f"<tr><th>{_text(name)}" + "".join(f"<td>{digits(value, whole)}" for value in values[:COLUMNS])
        for name, values in zip(matrix.rows, matrix.values, strict=False)
    ]
    head = "".join(f"<th>{_text(name)}" for name in matrix.columns[:COLUMNS])
    caption = f"<caption>{_text(matrix.title)}</caption>" if matrix.title else ""
    return f"<table>{caption}<tr><td>{head}{''.join(rows)}</table>"


def _text(text: str) -> str:
    return escape(legible(text, LONGEST))
