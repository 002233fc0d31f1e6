"""Matrices laid out on lines of a given width."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tracetf.views.ink import cell, digits, strength
from tracetf.views.matrix import Matrix

GAP = 3
LONGEST_LABEL = 22
REST = " … {} more"


def grids(matrices: Sequence[Matrix], width: int, coloured: bool, full: bool) -> Iterator[Text]:
    """Yield the lines of matrices with the same rows, side by side, as many as the width allows.

    A matrix too wide for the line shows the columns that fit and says how many follow. With `full`, what
    does not fit beside goes on below.
    """
    label = min(LONGEST_LABEL, max(map(cell_len, matrices[0].rows))) + 1
    blocks = [Block(matrix, coloured) for matrix in matrices]
    bands = [band for block in blocks for band in block.bands(width - label, full)]
    while bands:
        together = _fitting(bands, width - label)
        yield from _beside(together, matrices[0].rows, label)
        bands = bands[len(together) :] if full else []


class Block:
    """One matrix in the making: its numbers as text, and how wide each column is."""

    def __init__(self, matrix: Matrix, coloured: bool) -> None:
        whole = np.issubdtype(matrix.values.dtype, np.integer)
        self.matrix = matrix
        self.coloured = coloured
        self.texts = [[digits(value, whole) for value in row] for row in matrix.values]
        longest = max((cell_len(text) for row in self.texts for text in row), default=1)
        margin = 1 if coloured else 2
        self.widths = [
            max(longest, min(cell_len(column), LONGEST_LABEL)) + margin for column in matrix.columns
        ]

    def bands(self, width: int, full: bool) -> list[list[Text]]:
        """Return the block's lines, in bands of as many columns as fit; only the first band unless `full`."""
        count = len(self.widths)
        if sum(self.widths) <= width:
            return [self.lines(0, count)]
        room = width - len(REST.format(count))
        bands: list[list[Text]] = []
        first = 0
        while first < count and (full or not bands):
            fit = sum(end <= room for end in accumulate(self.widths[first:])) or 1
            bands.append(self.lines(first, min(first + fit, count)))
            first += fit
        return bands

    def lines(self, first: int, last: int) -> list[Text]:
        """Return a line of column names and a line a row, for columns `first` to `last`."""
        rest = len(self.widths) - last
        heading = Text(style="bold")
        for i in range(first, last):
            shade = "" if self.coloured else " "
            heading.append(_right(self.matrix.columns[i], self.widths[i] - len(shade)) + shade)
        if rest:
            heading.append(REST.format(rest), style="not bold dim")
        titled = [Text(self.matrix.title, style="italic")] if self.matrix.title else []
        return [*titled, heading, *(self._row(i, first, last) for i in range(len(self.texts)))]

    def _row(self, row: int, first: int, last: int) -> Text:
        line = Text()
        for i in range(first, last):
            value = self.matrix.values[row, i]
            share = strength(value, self.matrix.bounds)
            line.append_text(cell(self.texts[row][i], share, self.widths[i], self.coloured))
        return line


def _fitting(bands: list[list[Text]], width: int) -> list[list[Text]]:
    ends = accumulate(GAP + max(line.cell_len for line in band) for band in bands)
    return bands[: max(1, sum(end - GAP <= width for end in ends))]


def _beside(bands: list[list[Text]], rows: Sequence[str], label: int) -> Iterator[Text]:
    above = len(bands[0]) - len(rows)
    for i, name in enumerate([*[""] * above, *rows]):
        line = Text()
        line.append(_right(name, label - 1) + " ", style="bold")
        for band in bands:
            start = line.cell_len
            line.append_text(band[i])
            line.append(" " * (max(part.cell_len for part in band) + GAP - (line.cell_len - start)))
        line.rstrip()
        yield line


def _right(text: str, width: int) -> str:
    size = min(cell_len(text), width)
    return " " * (width - size) + set_cell_size(text, size)
