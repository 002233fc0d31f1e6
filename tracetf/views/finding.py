"""What an experiment found: tables and words in a terminal, curves as a picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tracetf.views.curves import Curve, svg
from tracetf.views.terminal import print_indented

GAP = 2


@dataclass(frozen=True)
class Grid:
    """Hold a table: names in the first column, numbers in the others.

    Args:
        header: what the columns are, in one line or more.
        rows: a text for each of them.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """Hold curves.

    Args:
        title: what the values are.
        across: what is counted from left to right.
        curves: the lines.
        log: let equal distances upwards be equal factors.
    """

    title: str
    across: str
    curves: Sequence[Curve]
    log: bool = False

    def svg(self) -> str:
        """Draw it."""
        return svg(self.title, self.across, self.curves, self.log)


@dataclass(frozen=True)
class Finding:
    """Hold what there is to say of an experiment.

    Args:
        title: the question.
        told: tables of numbers, how they came about, and what they say.
        picture: the curves, if a table does not say it all.
    """

    title: str
    told: Sequence[Grid | str]
    picture: Picture | None = None


def print_finding(console: Console, finding: Finding) -> None:
    """Print the tables and the words of an experiment."""
    console.print(Text(finding.title, style="bold"))
    for part in finding.told:
        console.print()
        if isinstance(part, Grid):
            for line in lines(part):
                console.print(line, soft_wrap=True)
        else:
            print_indented(console, Text(part))


def lines(grid: Grid) -> Iterator[Text]:
    """Yield the lines of a table: names to the left, numbers to the right, below what they are."""
    header = [name.split("\n") for name in grid.header]
    height = max(map(len, header))
    above = [*zip(*([""] * (height - len(name)) + name for name in header), strict=True)]
    widths = [max(map(cell_len, column)) for column in zip(*above, *grid.rows, strict=True)]
    for place, row in enumerate((*above, *grid.rows)):
        first, *rest = (" " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True))
        numbers = (f"{gap}{text}" for gap, text in zip(rest, row[1:], strict=True))
        line = (" " * GAP).join((f"{row[0]}{first}", *numbers))
        yield Text(line.rstrip(), style="dim" if place < height else "")
