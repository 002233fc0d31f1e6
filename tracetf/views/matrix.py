"""A matrix as it is drawn: numbers with the words of its rows and columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracetf.trace import Event, Trace
from tracetf.trace.labels import predicted

SHARES = (
    *("attention.weights", "global_attention.weights", "transformer.probabilities"),
    *("lstm.forget_gate", "lstm.input_gate", "lstm.output_gate", "gru.reset_gate", "gru.update_gate"),
    *("sampling.tempered", "sampling.candidates", "sampling.uniform"),
    *("bigram.probabilities", "next_word.probabilities"),
)
SMALL = 0.05  # below it, two decimals say little
READ_ONLY = ("embedding", "positions", "stack", "transformer", "rnn", "lstm", "gru", "held")


@dataclass(frozen=True)
class Matrix:
    """Hold one sentence's numbers of an event, for one head if it has heads.

    Args:
        values: rows and columns.
        rows: label of each row.
        columns: label of each column.
        bounds: the values that the two ends of the colour scale stand for.
        predicts: whether the row labels say `reads → predicts`.
        title: what sets this matrix apart from its neighbours, `head 2`.
    """

    values: NDArray[Any]
    rows: Sequence[str]
    columns: Sequence[str]
    bounds: tuple[float, float]
    predicts: bool = False
    title: str = ""


def matrices(trace: Trace, event: Event, heads: Sequence[int] = (), sentence: int = 0) -> list[Matrix]:
    """Return the matrices of an event: where it has three axes, one for each head, or place on the first.

    Args:
        heads: heads to draw; all when left out.
        sentence: which sentence of the batch.
    """
    axes, value = list(event.axes), event.value
    if axes[:1] == ["batch"]:
        axes, value = axes[1:], value[min(sentence, len(value) - 1)]
    bounds = bounds_of(event)
    if len(axes) == 3:
        chosen = heads if axes[0] == "head" else ()
        return [
            _matrix(trace, event, axes[1:], value[plane], bounds, sentence, f"{axes[0]} {plane}")
            for plane in chosen or range(len(value))
        ]
    return [_matrix(trace, event, axes, value, bounds, sentence)]


def gradients(trace: Trace, event: Event, heads: Sequence[int] = ()) -> list[Matrix]:
    """Return the matrices of an event's gradient, with the same columns as those of its value.

    Args:
        heads: heads to draw; all when left out.
    """
    if event.gradient is None:
        return []
    drawn = matrices(trace, event.holding(value=event.gradient), heads)
    for number, value in enumerate(matrices(trace, event, heads)):
        if value.columns != drawn[number].columns:  # words of the vocabulary, the largest first
            place = {word: column for column, word in enumerate(drawn[number].columns)}
            values = drawn[number].values[:, [place[word] for word in value.columns]]
            drawn[number] = replace(drawn[number], values=values, columns=value.columns)
    return drawn


def magnified(drawn: Sequence[Matrix]) -> tuple[list[Matrix], int]:
    """Return small numbers made readable by a power of ten that is taken off them, and that power."""
    numbers = np.concatenate([matrix.values.ravel() for matrix in drawn])
    if not np.issubdtype(numbers.dtype, np.floating):
        return [*drawn], 0
    largest = np.abs(numbers[np.isfinite(numbers)]).max(initial=0)
    if not 0 < largest < SMALL:
        return [*drawn], 0
    power = floor(log10(largest))
    factor = 10.0**-power
    return [
        replace(matrix, values=matrix.values * factor, bounds=(-factor * largest, factor * largest))
        for matrix in drawn
    ], power


def _matrix(
    trace: Trace,
    event: Event,
    axes: list[str],
    value: NDArray[Any],
    bounds: tuple[float, float],
    sentence: int,
    title: str = "",
) -> Matrix:
    if axes[-1:] == ["one"]:
        axes, value = axes[:-1], value[..., 0]
    if len(axes) < 2:
        axes, value = ["", *(axes or ["word"])], value.reshape(1, -1)
    rows = _labels(trace, event, axes[0], len(value), sentence)
    predictions = predicted(trace, event) if axes[0] in ("query", "token") and predicts(event) else None
    if predictions:
        rows = [f"{reads} → {word}" for reads, word in zip(rows, predictions[sentence], strict=True)]
    columns = _labels(trace, event, axes[1], value.shape[1], sentence)
    if axes[-1] == "vocabulary":
        strongest = value.max(axis=0) if axes[0] == "beam" else value[-1]
        largest = np.argsort(-strongest.astype(np.float64), kind="stable")
        value, columns = value[:, largest], [columns[i] for i in largest]
    return Matrix(value, rows, columns, bounds, bool(predictions), title)


def predicts(event: Event) -> bool:
    """Say whether the rows of an event stand for the words they predict, and not only for those they read."""
    return event.step is None or event.step.room not in READ_ONLY or event.name == "probabilities"


def _labels(trace: Trace, event: Event, axis: str, size: int, sentence: int) -> list[str]:
    if axis in event.labels:
        return list(event.labels[axis][sentence])
    if event.name in ("choice", "words", "expected") and axis != "" and "target" in trace.vocabularies:
        return list(trace.spell("target", event.value.reshape(len(event.value), -1))[sentence])
    if axis == "vocabulary" and "target" in trace.vocabularies:
        return list(trace.vocabularies["target"])
    if axis == "":
        return [event.name]
    return [""] if axis == "query" else [str(i) for i in range(size)]


def bounds_of(event: Event) -> tuple[float, float]:
    """Shares run from 0 to 1 on every picture alike; other numbers about 0, as far as the event's largest."""
    if event.step is not None and event.step.key in SHARES:
        return 0.0, 1.0
    finite = np.abs(event.value[np.isfinite(event.value)].astype(np.float64))
    largest = float(finite.max(initial=0)) or 1.0
    return -largest, largest
