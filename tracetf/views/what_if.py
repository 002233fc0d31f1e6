"""A run without some parts beside the run with them, in a terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tracetf.trace import Trace
from tracetf.trace.compare import compare
from tracetf.trace.figures import short
from tracetf.trace.rows import Rows
from tracetf.views.difference import print_comparison
from tracetf.views.learning.page import left
from tracetf.views.terminal import print_indented
from tracetf.words import Words


@dataclass(frozen=True)
class WhatIf:
    """Hold both runs.

    Args:
        parts: what was left out.
        whole: the run with all parts.
        run: the one without these.
        endings: what each came to, the sentence and its translation.
        orders: the rows of a sentence held against those of another, if that was asked for.
    """

    parts: Sequence[str]
    whole: Trace
    run: Trace
    endings: tuple[str, str]
    orders: "Orders | None" = None


@dataclass(frozen=True)
class Orders:
    """Hold the encoder's rows of a sentence against those of another, without the parts and with them.

    Args:
        sentences: the two.
        words: the words of each.
        without: their rows without the parts.
        whole: and with all parts.
    """

    sentences: tuple[str, str]
    words: tuple[Sequence[str], Sequence[str]]
    without: Rows
    whole: Rows


def print_what_if(console: Console, told: WhatIf, words: Words) -> None:
    """Print what both runs came to, where they first differ, how that goes on, and the rows asked for."""
    say, parts = words.screen, ", ".join(told.parts)
    title = say["what_if_without"].format(parts=parts)
    console.print()
    console.rule(Text(f" {title} ", "bold reverse"), align="left", characters="━", style="dim")
    names = (say["what_if_whole"], title)
    for run, name, trace, ending in zip("ab", names, (told.whole, told.run), told.endings, strict=True):
        line = Text.assemble(
            (f"{run}  ", "dim"), left(name, max(map(cell_len, names))), (f"   {ending}", "bold")
        )
        if "loss.loss" in trace:
            line.append("   " + say["what_if_loss"].format(f"{trace['loss.loss'].value.item():.4f}"))
        print_indented(console, line)
    console.print()
    # Nothing is at fault here, so it is said otherwise than of two runs that should be one.
    screen = {**say, "compare_before": say["what_if_before"]}
    comparison = replace(compare(told.whole, told.run), missing_in_a=(), missing_in_b=())
    print_comparison(console, comparison, replace(words, screen=screen))
    if told.orders:
        _print_orders(console, told.orders, parts, words)


def _print_orders(console: Console, orders: Orders, parts: str, words: Words) -> None:
    """Print a line for each row of the one sentence: the nearest row of the other, without and with."""
    say, (ours, theirs), (a, b) = words.screen, orders.words, orders.sentences
    columns = [["", *ours, ""]]
    for name, rows in (("what_if_without", orders.without), ("what_if_with", orders.whole)):
        verdict = say["what_if_same" if rows.same else "what_if_other"]
        columns.append([say[name].format(parts=parts), *_nearest(rows, theirs), verdict])
    widths = [max(map(cell_len, column)) for column in columns]
    console.print()
    for line in Text(say["what_if_rows"].format(a=a, b=b)).wrap(console, console.width):
        line.rstrip()
        console.print(line)
    for number, row in enumerate(zip(*columns, strict=True)):
        style = "" if 0 < number <= len(ours) else "bold"
        print_indented(console, Text("   ".join(map(left, row, widths)), style=style))


def _nearest(rows: Rows, words: Sequence[str]) -> Iterator[str]:
    width = max(map(cell_len, words))
    for place, delta in zip(rows.places, rows.deltas, strict=True):
        yield f"{left(words[place], width)}  Δ {short(delta)}"
