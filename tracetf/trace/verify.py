"""Recompute a run from its own record."""

from dataclasses import dataclass, field

import numpy as np

from tracetf.steps.table import Array, Step
from tracetf.trace.event import Event
from tracetf.trace.gradients import recomputed
from tracetf.trace.reading import UnreadError, values
from tracetf.trace.trace import Trace

FINE = 0.025  # share of the tolerance for steps that are fine, relative to their largest number
GRADIENTS = 0.25  # and for gradients, relative to the size of what they are made of


@dataclass
class Verification:
    """Say how far a recorded run agrees with the formulas; truthy when every number was recomputed.

    Args:
        checked: events recomputed.
        given: events that come from outside (ids, random draws), where there is nothing to recompute.
        unread: events that could not be recomputed, each with what was missing.
        disagreed: events that came out otherwise, in execution order, each with its |Δ|.
        worst: the largest |Δ| met, and the event it was met at.
        gradients: how many gradients were held against the chain rule.
        gradients_unread: events whose gradient could not be, each with what was missing.
        gradients_disagreed: events whose gradient is another, each with its |Δ| relative to the gradient.
        gradients_worst: the largest such |Δ| met, and the event it was met at.
    """

    checked: int = 0
    given: int = 0
    unread: list[tuple[Event, str]] = field(default_factory=list)
    disagreed: list[tuple[Event, float]] = field(default_factory=list)
    worst: tuple[float, Event | None] = (0.0, None)
    gradients: int = 0
    gradients_unread: list[tuple[Event, str]] = field(default_factory=list)
    gradients_disagreed: list[tuple[Event, float]] = field(default_factory=list)
    gradients_worst: tuple[float, Event | None] = (0.0, None)

    def __bool__(self) -> bool:
        wrong = self.unread or self.disagreed or self.gradients_unread or self.gradients_disagreed
        return self.checked > 0 and not wrong

    def __str__(self) -> str:
        told = _told("steps", self.checked, self.worst, self.disagreed, self.unread)
        if not (self.gradients or self.gradients_unread):
            return told
        return f"{told}\n" + _told(
            "gradients", self.gradients, self.gradients_worst, self.gradients_disagreed, self.gradients_unread
        )


def _told(
    what: str,
    checked: int,
    worst: tuple[float, Event | None],
    disagreed: list[tuple[Event, float]],
    unread: list[tuple[Event, str]],
) -> str:
    delta, event = worst
    line = f"{checked - len(disagreed)} of {checked + len(unread)} {what} recomputed"
    if event is not None:
        line += f", worst Δ {delta:.0e} at {event.path} ({event.phase})"
    if disagreed:
        first, delta = disagreed[0]
        line += f"; first that disagrees: {first.path} ({first.phase}), Δ {delta:.3g}"
    if unread:
        line += f"; {len(unread)} could not be: {unread[0][1]}"
    return line


def verify(trace: Trace, tolerance: float = 2e-5) -> Verification:
    """Redo every event in float64 NumPy from the events and parameters it read.

    A gradient is held against those of the steps that read its value, by the chain rule.

    Args:
        tolerance: largest |Δ| that counts as agreement, relative to the event's largest number above 1.
    """
    report = Verification()
    for event in trace:
        step = event.step
        if step is None:
            report.unread.append((event, f"{event.path} is in no table of steps"))
        elif step.compute is None:
            report.given += 1
        elif event.axes == ("statistic",):
            report.unread.append((event, f"of {event.path} only statistics were recorded"))
        else:
            _check(report, trace, event, step, tolerance)
    for event, found in recomputed(trace):
        _check_gradient(report, event, found, tolerance)
    return report


def _check(report: Verification, trace: Trace, event: Event, step: Step, tolerance: float) -> None:
    assert step.compute is not None
    try:
        with np.errstate(all="ignore"):
            expected = np.asarray(step.compute(*values(trace, event)))
    except UnreadError as missing:
        report.unread.append((event, str(missing)))
        return
    except (ValueError, IndexError):  # what it read does not fit together
        expected = np.empty(0)
    report.checked += 1
    delta = difference(event.value, expected)
    if delta > report.worst[0]:
        report.worst = delta, event
    measured = np.issubdtype(event.value.dtype, np.floating)  # ids and truths agree or do not
    scale = FINE * _largest(expected) if step.fine else max(1.0, _largest(expected))
    if not delta <= (tolerance * scale if measured else 0):
        report.disagreed.append((event, delta))


def _check_gradient(report: Verification, event: Event, found: float | str, tolerance: float) -> None:
    if isinstance(found, str):
        report.gradients_unread.append((event, found))
        return
    report.gradients += 1
    if found > report.gradients_worst[0]:
        report.gradients_worst = found, event
    if not found <= GRADIENTS * tolerance:
        report.gradients_disagreed.append((event, found))


def difference(got: Array, expected: Array) -> float:
    """Return the largest |Δ| between two arrays; −∞ equals −∞, and anything odd (a shape, a NaN) is ∞."""
    if got.shape != expected.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        delta = np.abs(got.astype(np.float64) - expected.astype(np.float64))
    delta = np.where(got == expected, 0, np.where(np.isnan(delta), np.inf, delta))
    return float(delta.max(initial=0))


def _largest(array: Array) -> float:
    finite = np.abs(array[np.isfinite(array)].astype(np.float64))
    return float(finite.max(initial=0))
