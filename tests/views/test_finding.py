"""What an experiment found, in a terminal."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from tracetf.views.curves import Curve, svg
from tracetf.views.finding import Finding, Grid, Picture, lines, print_finding

GRID = Grid(["층", "RNN\nsteps", "n"], [["셀프 어텐션", "4", "1,024"], ["RNN", "16", ""]])


def test_columns_stand_below_each_other_whatever_the_script():
    assert [line.plain for line in lines(GRID)] == [
        "               RNN",
        "층           steps      n",
        "셀프 어텐션      4  1,024",
        "RNN             16",
    ]
    ends = [cell_len(line.plain) for line in list(lines(GRID))[:2]]
    assert ends == [18, 25]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        list(lines(Grid(["a", "b"], [["1"]])))


def test_tables_and_words_come_in_the_order_they_were_told():
    out = io.StringIO()
    told = Finding("the question", ["first " * 30, GRID, "last"])
    print_finding(Console(file=out, width=60), told)
    text = out.getvalue()
    assert [text.index(part) for part in ("the question", "  first", "셀프 어텐션", "  last")] == sorted(
        text.index(part) for part in ("the question", "  first", "셀프 어텐션", "  last")
    )
    assert max(map(cell_len, text.splitlines())) <= 60
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_a_picture_is_its_curves():
    curves = [Curve("a", [(1, 1), (2, 10)])]
    assert Picture("up", "across", curves, log=True).svg() == svg("up", "across", curves, log=True)
