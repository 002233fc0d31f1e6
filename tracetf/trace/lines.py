"""A trace as strict JSON, one object a line: for other programs to read.

`docs/trace-lines.schema.json` describes the lines.
"""

import json
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracetf.trace.event import Event
from tracetf.trace.stream import facts
from tracetf.trace.trace import Trace

SCHEMA = 1


def json_lines(trace: Trace) -> Iterator[str]:
    """Yield one line about the run, then one an event.

    JSON has no infinity: −∞, +∞ and NaN are written as null, and an event that has any says how many of each.
    """
    yield _json(
        {
            "kind": "trace",
            "schema": SCHEMA,
            "phases": trace.phases,
            "dimensions": _finite(trace.dimensions),
            "vocabularies": trace.vocabularies,
            "notice": trace.notice,
        }
    )
    for event in trace:
        yield _json(_line(event))


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, allow_nan=False, default=str)


def _line(event: Event) -> dict[str, Any]:
    value, gradient = event.value, event.gradient
    counts = {
        "masked": int(np.sum(value == -np.inf)),
        "infinite": int(np.sum(value == np.inf)),
        "nan": int(np.isnan(value).sum()),
    }
    line = {"kind": "event", **facts(event), "numbers": _finite(event.numbers)}
    line |= {"step": event.name, "shape": event.shape, "value": _nested(value)}
    line |= {name: count for name, count in counts.items() if count}
    return line if gradient is None else line | {"gradient": _nested(gradient)}


def _finite(numbers: Mapping[str, Any]) -> dict[str, Any]:
    odd = {name for name, number in numbers.items() if isinstance(number, float) and not isfinite(number)}
    return {name: None if name in odd else number for name, number in numbers.items()}


def _nested(array: NDArray[Any]) -> Any:
    """Return numbers as lists in lists; a complex one as the pair of its parts."""
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    known = np.isfinite(array)
    return (array if known.all() else np.where(known, array.astype(object), np.array(None))).tolist()
