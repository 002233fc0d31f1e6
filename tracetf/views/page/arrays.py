"""Plain arrays with labels as a trace, so that the explorer can show them too."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tracetf.trace import Event, Trace


def trace_of(
    arrays: Mapping[str, Any], rows: Sequence[str] | None = None, columns: Sequence[str] | None = None
) -> Trace:
    """Return arrays as a trace of one phase; the last two axes are the rows and columns of a matrix.

    Args:
        rows: words for the rows of every array.
        columns: words for the columns.

    Raises:
        ValueError: labels that do not fit an array, or an array of something else than numbers.
    """
    trace = Trace()
    for order, (name, given) in enumerate(arrays.items()):
        value = np.asarray(given)
        if value.dtype.kind not in "biufc":
            raise ValueError(f"{name} holds {value.dtype}, not numbers; give an array of numbers")
        axes = tuple(f"axis_{i}" for i in range(value.ndim - 2)) + ("row", "column")[2 - min(2, value.ndim) :]
        labels = {}
        for axis, words in (("row", rows), ("column", columns)):
            if words is None or axis not in axes:
                continue
            size = value.shape[axes.index(axis)]
            if len(words) != size:
                raise ValueError(
                    f"{name} has shape {value.shape}, so {size} {axis}s, and {len(words)} labels were given; "
                    f"give one label a {axis}"
                )
            labels[axis] = (tuple(words),)
        trace.append(Event(order, order, "arrays", name, axes, value, labels=labels))
    return trace
