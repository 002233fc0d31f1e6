"""Whether two sets of rows are one, in whatever order."""

from dataclasses import dataclass

import numpy as np

from tracetf.steps.table import Array
from tracetf.trace.pair import allowance


@dataclass(frozen=True)
class Rows:
    """Say of each row of `a` which row of `b` is nearest to it, and whether both are the same set.

    They are if every row of either has one within the tolerance in the other: their Hausdorff distance. If
    they are not, no order of the rows makes them agree.

    Args:
        places: the nearest row of `b`, for each row of `a`.
        deltas: the largest |Δ| between the two.
        same: whether the two sets are the same.
    """

    places: list[int]
    deltas: list[float]
    same: bool


def match_rows(a: Array, b: Array, tolerance: float = 2e-5) -> Rows:
    """Find for each row of `a` the nearest row of `b`.

    Args:
        tolerance: largest |Δ| that counts as agreement, relative to the largest number above 1.
    """
    deltas = np.abs(a[:, None].astype(np.float64) - b[None]).max(axis=-1)
    farthest = max(deltas.min(axis=1).max(), deltas.min(axis=0).max())
    return Rows(
        deltas.argmin(axis=1).tolist(), deltas.min(axis=1).tolist(), bool(farthest <= allowance(a, tolerance))
    )
