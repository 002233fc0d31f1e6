"""How times are compared: in turn, pair by pair, by the median of the ratios."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

from tracetf import Dimensions

PAIRS = 300
WARM = 20
SIZES = (
    ("one sentence of 4 words, d 64", Dimensions(122, 143, d_model=64, heads=4, d_ff=128, layers=2), 1, 4),
    (
        "32 sentences of 32 words, d 128",
        Dimensions(999, 999, d_model=128, heads=4, d_ff=256, layers=2),
        32,
        32,
    ),
)


class Row(NamedTuple):
    """One line of the table: what was measured, what came out, what it should be."""

    what: str
    measured: str
    wanted: str


def ratio(one: Callable[[], object], other: Callable[[], object], pairs: int = PAIRS) -> float:
    """Return how many times longer `one` takes than `other`; they take turns to go first."""
    warm = min(WARM, pairs)
    ratios = []
    for turn in range(pairs + warm):
        times = {}
        for run in (one, other) if turn % 2 else (other, one):
            begin = perf_counter()
            run()
            times[run] = perf_counter() - begin
        ratios.append(times[one] / times[other])
    return median(ratios[warm:])
