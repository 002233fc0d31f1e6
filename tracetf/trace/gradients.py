"""Gradients recomputed: the chain rule, with the formulas of the table alone.

A value enters the loss through the steps that read it. So along any direction v its gradient g has to satisfy

    Σ g v = Σ over the steps c that read it:  Σ (gradient of c) (derivative of c along v),

and the derivative of a formula along v is a difference quotient in float64. Each number of a value is in one
of the directions, by +1 or −1, so that no wrong one can hide behind the others.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tracetf.steps.table import Array, Formula
from tracetf.trace.event import Event
from tracetf.trace.reading import UnreadError, float64, reads
from tracetf.trace.trace import Trace

RAW = ".gradient.raw"
BLOCK = 128  # numbers that share a direction
MOST = 32  # directions for one value
SMALL = 1e-6  # change of a number, relative to the largest of its direction if that is below 1
ROUNDING = 0.03  # share of a reader's largest gradient whose last digits float32 may lose where terms cancel


class Reader(NamedTuple):
    """A step that read a value: its formula, what that takes, at which place the value, and its gradient."""

    compute: Formula
    takes: Sequence[Any]
    place: int
    gradient: Array

    def given(self, value: Array) -> Array:
        """Return what the formula makes of another value."""
        takes = [*self.takes]
        takes[self.place] = value
        with np.errstate(all="ignore"):
            return np.array(self.compute(*takes), dtype=np.float64)


def recomputed(trace: Trace) -> Iterator[tuple[Event, float | str]]:
    """Yield each gradient of a trace, and how far it is from the chain rule, or why that cannot be told.

    The gradient that everything begins with, of the loss, is given, and not among them.
    """
    steps = [event for event in trace if event.gradient is not None]
    raw = {event.path.removesuffix(RAW): event for event in trace if event.path.endswith(RAW)}
    if not (steps or raw):
        return
    try:
        readers = _readers(trace, steps)
    except UnreadError as missing:
        yield from ((event, str(missing)) for event in (*steps, *raw.values()))
        return
    for event in steps:
        if event.order in readers:
            assert event.gradient is not None
            yield event, _apart(event.value, event.gradient, readers[event.order])
    for path, event in raw.items():
        readers_of_it = [reader for name in _names(trace, path, raw) for reader in readers[name]]
        yield event, _apart(trace.parameters[path], event.value, readers_of_it)


def _readers(trace: Trace, steps: Sequence[Event]) -> dict[int | str, list[Reader]]:
    """Return who read each event, by its order, and each parameter, by its path, on the way to the loss.

    Raises:
        UnreadError: not every reader is known.
    """
    if trace.notice or not steps or [event.order for event in trace] != list(range(len(trace))):
        raise UnreadError("not every step that a gradient came through was recorded")
    readers: dict[int | str, list[Reader]] = defaultdict(list)
    for event in steps:
        if event.step is None or event.step.compute is None:
            raise UnreadError(f"what {event.path} read is not known")
        if event.axes == ("statistic",):
            raise UnreadError(f"of {event.path} only statistics were recorded")
        sources = reads(trace, event)
        takes = [float64(source) for source in sources.values()]
        for place, (name, source) in enumerate(sources.items()):
            reader = Reader(event.step.compute, takes, place, float64(event.gradient))
            if isinstance(source, Event):
                readers[source.order].append(reader)
            elif isinstance(source, np.ndarray):
                readers[f"{event.module}.{name}".lstrip(".")].append(reader)
    return readers


def _names(trace: Trace, path: str, raw: dict[str, Event]) -> Iterator[str]:
    """Yield the paths of one parameter: with the same numbers and no gradient of its own, it is the same."""
    yield path
    for other in trace.parameters.keys() - raw.keys():
        if np.array_equal(trace.parameters[other], trace.parameters[path]):
            yield other


def _apart(value: Array, gradient: Array, readers: Sequence[Reader]) -> float:
    """Return how far a gradient is from the chain rule along the worst direction; ∞ if it does not fit."""
    try:
        return _furthest(value, gradient, readers)
    except (ValueError, IndexError):  # numbers that do not fit together
        return np.inf


def _furthest(value: Array, gradient: Array, readers: Sequence[Reader]) -> float:
    value, gradient = float64(value), float64(gradient)
    chance = np.random.default_rng(value.size)
    signs = np.where(np.isfinite(value), chance.choice([-1.0, 1.0], value.shape), 0)
    largest = max((np.abs(reader.gradient).max(initial=0) for reader in readers), default=0)
    here = [reader.given(value) for reader in readers]
    worst = 0.0
    for block in np.array_split(np.arange(value.size), min(MOST, -(-value.size // BLOCK))):
        along = np.zeros_like(value)
        along.flat[block] = signs.flat[block]
        size = np.abs(np.where(along, value, 0)).max(initial=0)
        change = SMALL * (min(1.0, size) or 1.0)
        plus, minus = ([one.given(value + sign * change * along) for one in readers] for sign in (1, -1))
        sides = ((plus, minus, 2 * change), (plus, here, change), (here, minus, change))
        floor = ROUNDING * largest * np.sqrt(len(block))
        worst = max(worst, min(_gap(gradient * along, readers, *side, floor) for side in sides))
    return worst


def _gap(
    left: Array,
    readers: Sequence[Reader],
    plus: Sequence[Array],
    minus: Sequence[Array],
    apart: float,
    floor: float,
) -> float:
    """Return |Δ| of the two sides of the chain rule, relative to the size of their terms."""
    terms = [left.ravel()]
    for reader, a, b in zip(readers, plus, minus, strict=True):
        with np.errstate(invalid="ignore"):  # −∞ − −∞, where the gradient is 0
            terms.append(np.where(reader.gradient == 0, 0, -reader.gradient * (a - b) / apart).ravel())
    size = np.linalg.norm(np.concatenate(terms)) + floor
    gap = abs(sum(map(np.sum, terms)))
    return float(np.nan_to_num(gap / size, nan=np.inf)) if gap else 0.0
