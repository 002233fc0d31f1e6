"""What every event was computed from, as references that a page can follow."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tracetf.trace import Event, Trace
from tracetf.trace.reading import UnreadError, look_up


@dataclass(frozen=True)
class Link:
    """Point at one thing that an event read.

    Args:
        name: what the step calls it.
        event: order of the event it is.
        parameter: name of the parameter it is.
        number: the plain number it is.
        missing: whether it was read and is not in the record.
    """

    name: str
    event: int | None = None
    parameter: str | None = None
    number: float | None = None
    missing: bool = False

    @property
    def absent(self) -> bool:
        """Whether nothing was read under this name, as the step allows."""
        return not self.missing and self.event is None and self.parameter is None and self.number is None


def links(trace: Trace, event: Event) -> Iterator[Link]:
    """Yield what an event read, in the order its formula takes it."""
    for name in event.step.reads if event.step else ():
        if name == "*":
            yield from (Link(given, event=order) for given, order in event.inputs.items())
            continue
        try:
            found, source = look_up(trace, event, name)
        except UnreadError:
            yield Link(name.removesuffix("?").split("|")[-1], missing=True)
            continue
        if isinstance(source, Event):
            yield Link(found, event=source.order)
        elif isinstance(source, np.ndarray):
            yield Link(found, parameter=f"{event.module}.{found}".lstrip("."))
        else:
            yield Link(found, number=source)
