"""One step in two runs: how far apart, where most, and what it read in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any

import numpy as np

from tracetf.steps import Step
from tracetf.steps.table import Array
from tracetf.trace.event import Event
from tracetf.trace.figures import figures
from tracetf.trace.labels import side
from tracetf.trace.verify import difference

FEW = 8
GRADIENT = "gradient"  # the phase in which the gradients of steps are compared, the last first


@dataclass(frozen=True, eq=False)
class Pair:
    """Hold one step as both runs recorded it.

    Args:
        event: as `a` recorded it.
        other: as `b` did.
        delta: the largest |Δ|; ∞ where sizes differ, or where only one side is NaN, or infinite.
        allowed: the largest |Δ| that counts as agreement.
        measured: whether these are numbers that may be off by a little, not ids or truths.
        both_nan: whether a number is NaN in both, which counts as agreement.
    """

    event: Event
    other: Event
    delta: float
    allowed: float
    measured: bool
    both_nan: bool

    @property
    def agrees(self) -> bool:
        return self.delta <= self.allowed


@dataclass(frozen=True)
class Read:
    """Say of one thing that a step read whether it was the same in both runs.

    Args:
        name: as the step calls it: `x`, `W_Q`, `d_k`.
        a: what `a` read: the path of an event or a parameter, or a plain number; empty if it is not known.
        b: what `b` read, by the names of `a`.
        delta: the largest |Δ| between the two.
        agrees: whether that is within the tolerance; nothing if not both are known.
    """

    name: str
    a: str = ""
    b: str = ""
    delta: float = inf
    agrees: bool | None = None


@dataclass(frozen=True, eq=False)
class Difference(Pair):
    """Hold a step that came out otherwise: where most, and whether what it read was still the same.

    Args:
        read: everything it read, and what was read for an event that `b` did not record.
        vocabularies: the words behind the ids, for `source` and `target`.
    """

    read: tuple[Read, ...] = ()
    vocabularies: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.event.path

    @property
    def phase(self) -> str:
        return self.event.phase

    @property
    def step(self) -> Step | None:
        return self.event.step

    @property
    def fits(self) -> bool:
        """Whether both values have the same sizes, so that they can be held against each other."""
        return self.event.shape == self.other.shape

    @cached_property
    def index(self) -> tuple[int, ...]:
        """Where the two differ most; empty if their sizes differ."""
        if not self.fits:
            return ()
        most = deltas(self.event.value, self.other.value).argmax()
        return tuple(map(int, np.unravel_index(most, self.event.shape)))

    @cached_property
    def count(self) -> int:
        """How many numbers differ; all of them if the sizes do."""
        if not self.fits:
            return self.event.value.size
        return int((deltas(self.event.value, self.other.value) > self.allowed).sum())

    @property
    def values(self) -> tuple[Any, Any] | None:
        """The number of `a` and that of `b` where they differ most; nothing if their sizes differ."""
        return (self.event.value[self.index], self.other.value[self.index]) if self.fits else None

    @property
    def sentence(self) -> int:
        """Which sentence of the batch the number belongs to."""
        return dict(zip(self.event.axes, self.index, strict=False)).get("batch", 0)

    def words(self, axis: str) -> Sequence[str]:
        """Return the words that an axis runs over in the sentence of the number, if it runs over words."""
        size = self.event.shape[self.event.axes.index(axis)]
        sentences = self.event.labels.get(axis) or self.other.labels.get(axis)
        words = sentences[self.sentence] if sentences else ()
        if axis == "vocabulary":
            words = tuple(self.vocabularies.get("target", ()))
        return words if len(words) == size else ()

    @property
    def place(self) -> str:
        """Where the two differ most, in words: `batch 0, head 2, query 'student', key 'a'`."""
        parts = []
        for axis, i, size in zip(self.event.axes, self.index, self.event.shape, strict=False):
            words = self.words(axis)
            if words:
                again = f" ({i})" if words.count(words[i]) > 1 else ""
                parts.append(f"{axis} '{words[i]}'{again}")
            elif size > 1:
                parts.append(f"{axis} {i}")
        return ", ".join(parts)

    @property
    def figures(self) -> tuple[str, str]:
        """Both numbers as text, an id with its word; or both sizes, where these differ."""
        if self.values is None:
            return _sizes(self.event, self.other)
        texts = figures(*map(float, self.values))
        if self.measured:
            return texts
        vocabulary = self.vocabularies.get(side(self.path, "token"), ()) if self.step else ()
        one, two = (_exact(value, vocabulary) for value in self.values)
        return one, two

    @property
    def unseen(self) -> tuple[str, ...]:
        """What it read, or should have read, that was not recorded."""
        names = (read.a or read.name for read in self.read if read.agrees is None)
        return tuple(dict.fromkeys(name.removeprefix(f"{self.event.module}.") for name in names))

    @property
    def cause(self) -> str:
        """Where the fault is: `given` from outside, `before` the step, `here` in it, or in what is `unseen`.

        Of a step that is in no table it is `unknown`. Of a gradient it is in what comes `after` the step;
        where none came, it is `cut` off.
        """
        if self.phase == GRADIENT:
            return "after" if self.event.value.any() and self.other.value.any() else "cut"
        if self.step is None:
            return "unknown"
        if self.step.compute is None:
            return "given"
        if any(read.agrees is False for read in self.read):
            return "before"
        return "unseen" if self.unseen else "here"


def held(event: Event, other: Event, allowed: float) -> Pair:
    """Hold one step as `a` recorded it against the same as `b` did."""
    a, b = event.value, other.value
    both_nan = a.shape == b.shape and bool((np.isnan(a) & np.isnan(b)).any())
    return Pair(event, other, apart(a, b), allowed, a.dtype.kind == "f", both_nan)


def apart(a: Array, b: Array) -> float:
    """Return the largest |Δ| as `difference` does, but take NaN in both for the same."""
    if a.shape == b.shape and (both := np.isnan(a) & np.isnan(b)).any():
        a, b = np.where(both, 0, a), np.where(both, 0, b)
    return difference(a, b)


def deltas(a: Array, b: Array) -> Array:
    """Return |Δ| number by number; the largest is that of `apart`."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        delta = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return np.where(same, 0, np.where(np.isnan(delta), inf, delta))


def allowance(a: Array, tolerance: float) -> float:
    """Return the largest |Δ| that counts as agreement with `a`; ids and truths have to be exact."""
    return tolerance * max(1.0, largest(a)) if a.dtype.kind == "f" else 0.0


def largest(a: Array) -> float:
    """Return the largest finite size among numbers."""
    finite = np.where(np.isfinite(a), a, 0)
    return difference(finite, np.zeros_like(finite))


def _exact(value: Any, vocabulary: Sequence[str]) -> str:
    known = not isinstance(value, np.bool_) and 0 <= value < len(vocabulary)
    return f"{value} '{vocabulary[value]}'" if known else str(value)


def _sizes(event: Event, other: Event) -> tuple[str, str]:
    """Name the axes along which two values differ in size, with their words; all, if one has more of them."""
    if event.value.ndim != other.value.ndim:
        return event.sizes or "one number", other.sizes or "one number"
    unlike = [i for i, size in enumerate(event.shape) if size != other.shape[i]]
    return (
        ", ".join(_size(event, event.axes[i], i) for i in unlike),
        ", ".join(_size(other, event.axes[i], i) for i in unlike),
    )


def _size(event: Event, axis: str, i: int) -> str:
    words = event.labels[event.axes[i]][0] if event.axes[i] in event.labels else ()
    told = " ".join(words[:FEW]) + (" …" if len(words) > FEW else "")
    return f"{axis}={event.shape[i]}" + (f" ({told})" if told else "")
