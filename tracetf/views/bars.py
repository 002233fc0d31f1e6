"""The most probable next words, as bars."""

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from tracetf.views.matrix import Matrix

TOP = 5
BAR = 24


def bars(matrix: Matrix, width: int) -> list[Text]:
    """Return a line for each of the most probable words after the last row."""
    row, words = matrix.values[-1, :TOP], matrix.columns[:TOP]
    label = max(map(cell_len, words))
    lines = [Text(matrix.rows[-1], style="bold")]
    for word, share in zip(words, row, strict=True):
        line = Text(" " * (label - cell_len(word)) + word + " ")
        line.append(bar(float(share), min(BAR, width - label - 9)), style="blue")
        lines.append(line.append(f" {share:6.1%}"))
    return lines


def rows_of_bars(matrix: Matrix, width: int) -> list[Text]:
    """Return a line for each row: what it predicts best, and next best as far as the width allows."""
    label = max(map(cell_len, matrix.rows))
    lines = []
    for row, values in zip(matrix.rows, matrix.values, strict=True):
        line = Text(" " * (label - cell_len(row)) + row, style="bold")
        for i in np.argsort(-values, kind="stable")[:TOP]:
            part = Text(f"  {matrix.columns[i]} {values[i]:.1%}", style="not bold")
            if line.cell_len + part.cell_len > width:
                break
            line.append_text(part)
        lines.append(line)
    return lines


def bar(share: float, room: int) -> str:
    """Return a bar that fills its share of a room, to an eighth of a column."""
    eighths = round(share * room * 8)
    return ("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8]).ljust(room)[:room]
