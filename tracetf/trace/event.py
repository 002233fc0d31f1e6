"""One number-producing moment of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from tracetf.steps import Step, find

Tokens = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Event:
    """Hold one value that a run computed, and everything needed to read it.

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
    value: NDArray[Any]
    inputs: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, Tokens] = field(default_factory=dict)
    gradient: NDArray[Any] | None = None

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
        return self.value.shape

    @property
    def sizes(self) -> str:
        """Its axes with their sizes, `batch=1 head=4 query=5 key=5`."""
        return " ".join(f"{axis}={size}" for axis, size in zip(self.axes, self.shape, strict=True))

    def __repr__(self) -> str:
        return f"<Event {self.order} {self.phase}: {self.path} {self.sizes}>"
