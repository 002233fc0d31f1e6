"""One number-producing moment of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tracetf.steps import Step, find

Tokens = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Stored:
    """Stand for numbers that stay in a file until they are asked for.

    Args:
        shape: what is known of them without reading.
        read: reads them.
    """

    shape: tuple[int, ...]
    read: Callable[[], NDArray[Any]]

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a copy, or another process, have the numbers themselves."""
        return np.asarray, (self.read(),)


class _Numbers:
    """A field whose numbers may be stored: whoever reads the field gets the numbers."""

    def __init__(self, needed: bool) -> None:
        self.needed = needed

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, event: Any, owner: type) -> NDArray[Any] | None:
        if event is None and self.needed:
            raise AttributeError(self.name)  # asked of the class, for the default: there is none
        held: Any = None if event is None else vars(event)[self.name]
        return held.read() if isinstance(held, Stored) else held

    def __set__(self, event: Any, held: NDArray[Any] | Stored | None) -> None:
        vars(event)[self.name] = held


VALUE: Any = _Numbers(needed=True)
GRADIENT: Any = _Numbers(needed=False)


@dataclass(frozen=True, eq=False)
class Event:
    """Hold one value that a run computed, and everything needed to read it.

    The numbers of a trace that was read from a file are fetched from there when they are first asked for.

    Args:
        order: its place in the run, counted from 0.
        began: order of the first event of the module call (or stretch of the run) it belongs to.
        phase: the stretch of the run, `encode` or `decode 3`.
        path: module path and step, `encoder.layers.0.self_attention.scores`.
        axes: name of each axis of the value.
        value: the numbers.
        inputs: the arguments of the module call: under each name the order of the event that made it.
        numbers: the arguments of the module call that are plain numbers.
        labels: for an axis that runs over words, those words, sentence by sentence of the batch.
        gradient: d loss / d value, after a backward inside the recording.
    """

    order: int
    began: int
    phase: str
    path: str
    axes: tuple[str, ...]
    value: NDArray[Any] = VALUE
    inputs: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, Tokens] = field(default_factory=dict)
    gradient: NDArray[Any] | None = GRADIENT

    # How a notebook shows it; `tracetf.views.notebook` lends it.
    _repr_html_: ClassVar[Callable[["Event"], str]]

    @property
    def module(self) -> str:
        """The path of the module that computed it."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The name of its step, `scores`."""
        return self.path.rpartition(".")[2]

    @property
    def step(self) -> Step | None:
        """Its row in the table of steps, if it has one."""
        return find(self.path)

    @property
    def shape(self) -> tuple[int, ...]:
        """How large the value is, known without reading it."""
        shape: tuple[int, ...] = vars(self)["value"].shape
        return shape

    @property
    def sizes(self) -> str:
        """Its axes with their sizes, `batch=1 head=4 query=5 key=5`."""
        return " ".join(f"{axis}={size}" for axis, size in zip(self.axes, self.shape, strict=True))

    def holding(self, **arrays: NDArray[Any] | Stored) -> "Event":
        """Return the same event with another value or gradient; what is stored stays so."""
        return Event(**vars(self) | arrays)

    def __repr__(self) -> str:
        return f"<Event {self.order} {self.phase}: {self.path} {self.sizes}>"
