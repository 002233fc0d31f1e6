"""Where two runs first differ, in a terminal."""

from collections.abc import Iterator, Sequence
from math import floor, inf, log10

import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tracetf.steps.table import Array
from tracetf.trace.comparison import Comparison, Layer, cause, extent, headline, remarks, what_it_read, where
from tracetf.trace.pair import Difference, deltas, largest
from tracetf.views.grid import GAP, Block, grids
from tracetf.views.matrix import Matrix
from tracetf.views.terminal import INDENT, print_indented
from tracetf.words import Words

ROWS = 5
COLUMNS = 8
BAR = 16
SIGNS = {"✓": "green", "✗": "bold red"}
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def print_comparison(console: Console, comparison: Comparison, words: Words) -> None:
    """Print whether two runs agree; if not, the first step that differs, and how the difference goes on."""
    say, first = words.screen, comparison.first
    if first is None:
        _print(console, Text(headline(comparison, say), style="bold green" if comparison else "bold red"))
    else:
        _print_verdict(console, first, words)
        _print_step(console, first, words)
        _print_growth(console, comparison.growth, words)
    for remark in remarks(comparison, say):
        if remark.startswith(" "):
            print_indented(console, Text(remark.lstrip(), style="dim"))
        else:
            console.print()
            _print(console, Text(remark))


def _print_verdict(console: Console, first: Difference, words: Words) -> None:
    say = words.screen
    title = say["compare_first"].format(path=first.path, phase=first.phase)
    _print(console, Text(title, style="bold red"))
    print_indented(console, Text(where(first, say), style="bold"))
    if first.other.path != first.path:
        print_indented(console, Text(f"b: {first.other.path}", style="dim"))
    console.print()
    _print(console, Text(cause(first, say), style="bold"))
    for line in what_it_read(first, say):
        print_indented(console, Text.assemble((line[0], SIGNS[line[0]]), line[1:]))


def _print_step(console: Console, first: Difference, words: Words) -> None:
    """Print the formula of the step, the misunderstanding it invites, and the numbers on both sides."""
    step = first.step
    word = words.steps.get(step.key) if step else None
    console.print()
    if step and word:
        _print(console, Text.assemble((f"▌{word.title}", "bold"), (f"  {step.formula}", "cyan")))
        if first.cause in ("here", "unseen"):
            print_indented(console, Text(f"{words.screen['avoid']} {word.avoid}"))
        console.print()
    for line in _numbers(first, console.width - INDENT, console.color_system is not None):
        print_indented(console, line)


def _numbers(first: Difference, width: int, coloured: bool) -> Iterator[Text]:
    """Yield the lines of `a`, `b` and Δ around the number that differs most; of other sizes, these sizes."""
    if not first.fits:
        yield from (Text(f"{run}  {event.sizes}") for run, event in (("a", first.event), ("b", first.other)))
        return
    fitting = (drawn for n in range(COLUMNS, 1, -1) if _fits(drawn := window(first, n), width, coloured))
    drawn = next(fitting, window(first, 1))
    yield from grids(drawn, width, coloured, full=True)


def _fits(drawn: Sequence[Matrix], width: int, coloured: bool) -> bool:
    label = max(map(cell_len, drawn[0].rows)) + 1
    return label + sum(GAP + sum(Block(matrix, coloured).widths) for matrix in drawn) - GAP <= width


def window(first: Difference, columns: int) -> list[Matrix]:
    """Return the numbers around the one that differs most: of `a`, of `b`, and |Δ|.

    Args:
        columns: how many columns to show.
    """
    values = [first.event.value, first.other.value, deltas(first.event.value, first.other.value)]
    planes = [np.atleast_2d(value[first.index[:-2]]) for value in values]
    row, column = (0, 0, *first.index)[-2:]
    across, down = ("", "", *first.event.axes)[-2:]
    rows = _around(row, planes[0].shape[0], ROWS)
    shown = _around(column, planes[0].shape[1], columns)
    a, b, delta = (plane[np.ix_(rows, shown)] for plane in planes)
    names = [_name(first, across, i) for i in rows], [_name(first, down, i) for i in shown]
    scale = largest(np.concatenate([a, b])) or 1.0
    return [
        Matrix(a, *names, (-scale, scale), title="a"),
        Matrix(b, *names, (-scale, scale), title="b"),
        _readable(delta if first.measured else delta.astype(np.int64), *names),
    ]


def _readable(delta: Array, rows: list[str], columns: list[str]) -> Matrix:
    """Return the matrix of Δ, small ones in units of a power of ten, for they are shown with two decimals."""
    most = largest(delta) or 1.0
    power = -floor(log10(most)) if most < 0.1 else 0
    title = f"Δ × 10⁻{str(power).translate(SUPERSCRIPT)}" if power else "Δ"
    return Matrix(delta * 10**power, rows, columns, (0.0, most * 10**power), title=title)


def _around(place: int, size: int, most: int) -> range:
    """Return as many indices about a place as there may be."""
    start = max(0, min(place - most // 2, size - most))
    return range(start, min(size, start + most))


def _name(first: Difference, axis: str, i: int) -> str:
    if axis in ("", "one"):
        return ""
    words = first.words(axis)
    return words[i] if words else str(i)


def _print_growth(console: Console, layers: Sequence[Layer], words: Words) -> None:
    """Print a line for every layer that differs: where it is, its largest Δ as a bar, how many steps."""
    console.print()
    _print(console, Text(words.screen["compare_growth"]))
    phase = max(cell_len(layer.phase) for layer in layers)
    module = max(cell_len(layer.module) for layer in layers)
    before = ""
    for layer in layers:
        told = "" if layer.phase == before else layer.phase
        before = layer.phase
        line = Text(f"{told:{phase}}  {layer.module:{module}}  ")
        end = f"  {extent(layer, words.screen)}"
        if line.cell_len + BAR + cell_len(end) <= console.width - INDENT:
            line.append(_bar(layer.delta).ljust(BAR), style="red")
        print_indented(console, line.append(end))


def _bar(delta: float) -> str:
    """Return a bar of two blocks for every power of ten of Δ above a millionth."""
    if delta in (0, inf):
        return "▇" * BAR if delta else ""
    return "▇" * int(np.clip(round(2 * log10(delta) + BAR - 4), 1, BAR))


def _print(console: Console, text: Text) -> None:
    for line in text.wrap(console, console.width):
        line.rstrip()
        console.print(line)
