"""A part of a run, or a run with words of its own, for a page that shows no more."""

from dataclasses import replace
from fnmatch import fnmatchcase

from tracetf.trace import Trace


def narrowed(trace: Trace, *globs: str) -> Trace:
    """Return a trace with those events alone whose paths match."""
    part = Trace(trace.parameters, trace.constants, trace.dimensions, trace.vocabularies)
    for event in trace:
        if any(fnmatchcase(event.path, glob) for glob in globs):
            part.append(event)
    return part


def staged(trace: Trace, phase: str) -> Trace:
    """Return a trace all of which is one phase, under a name of its own."""
    part = Trace(trace.parameters, trace.constants, trace.dimensions, trace.vocabularies)
    for event in trace:
        part.append(replace(event, phase=phase))
    return part


def labelled(trace: Trace, **words: tuple[str, ...]) -> Trace:
    """Return a trace whose axes carry these words."""
    part = Trace(trace.parameters, trace.constants, trace.dimensions, trace.vocabularies)
    for event in trace:
        part.append(replace(event, labels={axis: (words[axis],) for axis in event.axes if axis in words}))
    return part
