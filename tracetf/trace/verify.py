"""Recompute a run from its own record."""

from dataclasses import dataclass, field

import numpy as np

from tracetf.steps.table import Array, Formula
from tracetf.trace.event import Event
from tracetf.trace.reading import UnreadError, values
from tracetf.trace.trace import Trace


@dataclass
class Verification:
    """Say how far a recorded run agrees with the formulas; truthy when every number was recomputed.

    Args:
        checked: events recomputed.
        given: events that come from outside (ids, random draws), where there is nothing to recompute.
        unread: events that could not be recomputed, each with what was missing.
        disagreed: events that came out otherwise, in execution order, each with its |Δ|.
        worst: the largest |Δ| met, and the event it was met at.
    """

    checked: int = 0
    given: int = 0
    unread: list[tuple[Event, str]] = field(default_factory=list)
    disagreed: list[tuple[Event, float]] = field(default_factory=list)
    worst: tuple[float, Event | None] = (0.0, None)

    def __bool__(self) -> bool:
        return self.checked > 0 and not self.unread and not self.disagreed

    def __str__(self) -> str:
        delta, event = self.worst
        line = f"{self.checked - len(self.disagreed)} of {self.checked + len(self.unread)} steps recomputed"
        if event is not None:
            line += f", worst Δ {delta:.0e} at {event.path} ({event.phase})"
        if self.disagreed:
            first, delta = self.disagreed[0]
            line += f"; first that disagrees: {first.path} ({first.phase}), Δ {delta:.3g}"
        if self.unread:
            line += f"; {len(self.unread)} could not be: {self.unread[0][1]}"
        return line


def verify(trace: Trace, tolerance: float = 2e-5) -> Verification:
    """Redo every event in float64 NumPy from the events and parameters it read.

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
            _check(report, trace, event, step.compute, tolerance)
    return report


def _check(report: Verification, trace: Trace, event: Event, compute: Formula, tolerance: float) -> None:
    try:
        with np.errstate(all="ignore"):
            expected = compute(*values(trace, event))
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
    if not delta <= (tolerance * max(1.0, _largest(expected)) if measured else 0):
        report.disagreed.append((event, delta))


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
