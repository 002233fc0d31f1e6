"""What an event was computed from.

A step lists what it reads by name. A name is, in this order,

- an argument of the module call: the event that made it, or a plain number (`x`, `mask`, `start`);
- another event of the same call, or of a module inside it (`scores`, `dropout.dropped`);
- a parameter of the module (`W_Q`), or a plain number of the module (`epsilon`).

`a|b` is the first that is there, and `a?` may be missing. `*` is every value that the call was given.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracetf.trace.event import Event
from tracetf.trace.trace import Trace

Source = Event | NDArray[Any] | float


class UnreadError(LookupError):
    """Something a step reads was not recorded."""


def reads(trace: Trace, event: Event) -> dict[str, Source | None]:
    """Return what the step of an event read: events, parameters and plain numbers, by name.

    Raises:
        UnreadError: something is missing, named.
    """
    step = event.step
    found: dict[str, Source | None] = {}
    for name in step.reads if step else ():
        found |= _given(trace, event) if name == "*" else [look_up(trace, event, name)]
    if trace.first_in_batch and not event.axes and any(map(_of_sentences, found.values())):
        raise UnreadError(f"{event.path} reads every sentence of a batch, and the first alone was recorded")
    return found


def _of_sentences(source: Source | None) -> bool:
    return isinstance(source, Event) and "batch" in source.axes


def _given(trace: Trace, event: Event) -> dict[str, Source | None]:
    made = {name: trace.made(order) for name, order in event.inputs.items()}
    missing = [name for name, source in made.items() if source is None]
    if missing:
        raise UnreadError(f"{event.path} reads {missing[0]}, which was not recorded")
    return dict(made)


def look_up(trace: Trace, event: Event, name: str) -> tuple[str, Source | None]:
    """Return one thing that an event read, under the name it was found by.

    Raises:
        UnreadError: it was not recorded.
    """
    alternatives = name.removesuffix("?").split("|")
    for alternative in alternatives:
        found = _find(trace, event, alternative)
        if found is not None:
            return alternative, found
    if name.endswith("?"):
        return alternatives[0], None
    raise UnreadError(f"{event.path} reads {alternatives[-1]}, which was not recorded")


def _find(trace: Trace, event: Event, name: str) -> Source | None:
    if name in event.inputs:
        return trace.made(event.inputs[name])
    if name in event.numbers:
        return event.numbers[name]
    path = f"{event.module}.{name}".lstrip(".")
    siblings = [e for e in trace.at(path) if event.began <= e.order < event.order]
    if siblings:
        return siblings[-1]
    if path in trace.parameters:
        return trace.parameters[path]
    return trace.constants.get(path)


def values(trace: Trace, event: Event) -> list[Any]:
    """Return what a step takes, in its order, in float64.

    Raises:
        UnreadError: something is missing, named.
    """
    return [float64(source) for source in reads(trace, event).values()]


def float64(source: Source | None) -> Any:
    """Return the numbers of what was read: floating-point ones in float64, all else as it is."""
    array = source.value if isinstance(source, Event) else source
    if isinstance(array, np.ndarray) and np.issubdtype(array.dtype, np.floating):
        return array.astype(np.float64)
    return array
