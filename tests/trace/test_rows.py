"""Two sets of rows, in whatever order."""

import numpy as np
import pytest

from tracetf.trace.rows import match_rows

ROWS = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def test_shuffled_rows_are_the_same_set():
    order = [3, 0, 4, 1, 2]
    found = match_rows(ROWS, ROWS[order])
    assert found.same
    assert [order[place] for place in found.places] == [0, 1, 2, 3, 4]
    assert found.deltas == [0.0] * 5


@pytest.mark.parametrize(("moved", "same"), [(1e-5, True), (1e-4, False)])
def test_a_row_may_be_off_by_the_tolerance_and_no_more(moved, same):
    other = ROWS.copy()
    other[2, 1] += moved
    assert match_rows(ROWS, other).same is same
    assert max(match_rows(ROWS, other).deltas) == pytest.approx(moved, rel=0.1)


def test_the_tolerance_grows_with_the_numbers():
    other = 1000 * ROWS
    other[2, 1] += 0.01
    assert match_rows(1000 * ROWS, other).same


def test_a_row_that_only_one_side_has_tells_them_apart_from_either_side():
    assert not match_rows(ROWS, ROWS[:4]).same
    assert not match_rows(ROWS[:4], ROWS).same
    assert match_rows(ROWS[:4], ROWS).deltas == [0.0] * 4
