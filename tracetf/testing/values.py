"""Assert what must hold of recorded numbers: statements, as those of `numpy.testing`, one line each.

Each takes an event or several, and fails at the first that is wrong.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from tracetf.steps.table import Array
from tracetf.trace import Event
from tracetf.trace.pair import Difference, allowance, held

Events = Event | Iterable[Event]


def rows_sum_to_one(events: Events, tolerance: float = 2e-5) -> None:
    """Assert that the numbers along the last axis sum to 1.

    Args:
        tolerance: largest distance from 1 that counts as agreement.
    """
    __tracebackhide__ = True
    for event in _each(events, axes=1):
        sums = replace(event, axes=event.axes[:-1], value=event.value.sum(axis=-1, dtype=np.float64))
        _agree(sums, np.ones(sums.shape), tolerance, "has a row that sums to {got} instead of 1")


def causal(events: Events) -> None:
    """Assert that no query has weight on a later key; the last query and the last key are one word."""
    __tracebackhide__ = True
    for event in _each(events, axes=2):
        queries, keys = event.shape[-2:]
        _agree(event, np.tril(event.value, keys - queries), 0, "has weight {got} on a later key")


def close(events: Events, expected: Any, tolerance: float = 2e-5) -> None:
    """Assert that the numbers are those of a tensor, an array or another event.

    Args:
        expected: numbers in the same shape.
        tolerance: largest |Δ| that counts as agreement, relative to the step's largest number above 1.
    """
    __tracebackhide__ = True
    numbers = _numbers(expected)
    for event in _each(events):
        if event.shape != numbers.shape:
            raise AssertionError(f"{_name(event)} has the shape {event.shape} instead of {numbers.shape}")
        _agree(event, numbers, tolerance, "is {got} instead of {wanted}")


def finite(events: Events) -> None:
    """Assert that no number is NaN, ∞ or −∞."""
    __tracebackhide__ = True
    for event in _each(events):
        _agree(event, np.where(np.isfinite(event.value), event.value, 0), 0, "is {got}")


def gradients(events: Events) -> list[Event]:
    """Return the gradients of events as events, for the assertions here; assert that each has one."""
    __tracebackhide__ = True
    found = []
    for event in _each(events):
        if event.gradient is None:
            raise AssertionError(
                f"{_name(event)} has no gradient; call backward() while recording, on a loss made from it"
            )
        if event.gradient.shape != event.shape:
            raise AssertionError(
                f"{_name(event)} has the shape {event.shape}, and its gradient {event.gradient.shape}"
            )
        found.append(replace(event, path=f"{event.path}.gradient", value=event.gradient, gradient=None))
    return found


def _each(events: Events, axes: int = 0) -> list[Event]:
    """List events, and refuse what would make an assertion about nothing."""
    __tracebackhide__ = True
    several = [events] if isinstance(events, Event) or not isinstance(events, Iterable) else list(events)
    if not several:
        raise AssertionError("there is no event to look at; does the glob match what was recorded?")
    for event in several:
        if not isinstance(event, Event):
            raise TypeError(
                f"{type(event).__name__} is no event; give trace[path] or trace.select(glob), "
                "and for their gradients gradients(trace.select(glob))"
            )
        if event.value.ndim < axes:
            raise AssertionError(f"{_name(event)} has the shape {event.shape}, too few axes for this")
    return several


def _agree(event: Event, expected: Array, tolerance: float, fault: str) -> None:
    """Assert that an event has the numbers expected; if not, say where it is furthest from them."""
    __tracebackhide__ = True
    pair = held(event, event.holding(value=expected), allowance(event.value, tolerance))
    if not pair.agrees:
        found = Difference(**vars(pair))
        got, wanted = found.figures
        place = f" at {list(found.index)}" if found.index else ""
        words = f" ({found.place})" if found.place else ""
        raise AssertionError(
            f"{_name(event)} {fault.format(got=got, wanted=wanted)}{place}{words}; "
            f"{found.count} of {event.value.size} are wrong"
        )


def _numbers(given: Any) -> Array:
    if isinstance(given, Event):
        return given.value
    if hasattr(given, "detach"):
        tensor = given.detach().cpu()
        return (tensor.float() if "bfloat16" in str(tensor.dtype) else tensor).numpy()
    return np.asarray(given)


def _name(event: Event) -> str:
    return f"{event.path} ({event.phase})"
