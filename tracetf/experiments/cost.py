"""How many multiply-adds a layer takes, counted while each step of its run is computed again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracetf.experiments.one_layer import attention, recurrence
from tracetf.recurrent import GRUCell, LSTMCell, RNNCell
from tracetf.trace import Trace
from tracetf.trace.reading import values

LENGTHS = (4, 8, 16, 32, 64, 128, 256)
CELLS = {"RNN": RNNCell, "GRU": GRUCell, "LSTM": LSTMCell}
BETWEEN_WORDS = ("attention.scores", "attention.heads")


@dataclass(frozen=True)
class Cost:
    """Hold multiply-adds of matrix products, for each length.

    Args:
        lengths: words in a sentence.
        d_model: size of a word's vector.
        between: of the scores and of the weighted means: what self-attention does between words.
        projections: of its four matrices, on each word alone.
        recurrent: of each recurrent layer, by its cell.
    """

    lengths: Sequence[int]
    d_model: int
    between: Sequence[int]
    projections: Sequence[int]
    recurrent: Mapping[str, Sequence[int]]

    @property
    def attention(self) -> list[int]:
        """All of self-attention."""
        return [sum(both) for both in zip(self.between, self.projections, strict=True)]

    def crossing(self, cell: str, whole: bool) -> int | None:
        """Return the first length at which attention takes as much as a recurrent layer, if there is one.

        Args:
            cell: of the recurrent layer.
            whole: all of self-attention; else what it does between words, the term of the paper's table.
        """
        ours = self.attention if whole else self.between
        costs = zip(self.lengths, ours, self.recurrent[cell], strict=True)
        return next((length for length, one, other in costs if one >= other), None)


def measure(lengths: Sequence[int] = LENGTHS, d_model: int = 64, heads: int = 4) -> Cost:
    """Record self-attention and recurrent layers on sentences of these lengths, and count.

    Raises:
        ValueError: a length below one, or heads that do not divide d_model.
    """
    counted = [multiply_adds(attention(length, d_model, heads)) for length in lengths]
    between = [sum(count[step] for step in BETWEEN_WORDS) for count in counted]
    return Cost(
        tuple(lengths),
        d_model,
        between,
        [sum(count.values()) - looks for count, looks in zip(counted, between, strict=True)],
        {
            name: [sum(multiply_adds(recurrence(kind, length, d_model)).values()) for length in lengths]
            for name, kind in CELLS.items()
        },
    )


def multiply_adds(trace: Trace) -> dict[str, int]:
    """Count the multiply-adds of the matrix products in a run, by the key of their step.

    Each event is computed again by its NumPy formula, from what it read, with arrays that count.
    """
    counted: dict[str, int] = {}
    for event in trace:
        if event.step and event.step.compute:
            Counting.products = 0
            event.step.compute(*map(counting, values(trace, event)))
            counted[event.step.key] = counted.get(event.step.key, 0) + Counting.products
    return counted


class Counting(np.ndarray):
    """An array that counts what its matrix products take: a row by a column for each number of the result."""

    products = 0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *given: Any, **more: Any) -> Any:
        plain = [np.asarray(one) for one in given]
        result = getattr(ufunc, method)(*plain, **more)
        if ufunc is np.matmul:
            Counting.products += result.size * plain[0].shape[-1]
        return result.view(Counting) if isinstance(result, np.ndarray) else result


def counting(source: Any) -> Any:
    """Return an array as one that counts; a plain number as it is."""
    return source.view(Counting) if isinstance(source, np.ndarray) else source
