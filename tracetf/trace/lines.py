"""A trace as strict JSON, one object a line: for other programs to read."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from tracetf.trace.event import Event
from tracetf.trace.file import SCHEMA, facts
from tracetf.trace.trace import Trace


def json_lines(trace: Trace) -> Iterator[str]:
    """Yield one line about the run, then one an event.

    JSON has no infinity: −∞, +∞ and NaN are written as null, and an event that has any says how many of each.
    """
    head = {
        "kind": "trace",
        "schema": SCHEMA,
        "phases": trace.phases,
        "dimensions": trace.dimensions,
        "vocabularies": trace.vocabularies,
    }
    yield json.dumps(head, ensure_ascii=False, allow_nan=False)
    for event in trace:
        yield json.dumps(_line(event), ensure_ascii=False, allow_nan=False)


def _line(event: Event) -> dict[str, Any]:
    counts = {
        "masked": int(np.isneginf(event.value).sum()),
        "infinite": int(np.isposinf(event.value).sum()),
        "nan": int(np.isnan(event.value).sum()),
    }
    line = {"kind": "event", **facts(event), "step": event.name, "shape": event.shape}
    line |= {name: count for name, count in counts.items() if count}
    value = event.value
    if any(counts.values()):
        value = np.where(np.isfinite(value), value.astype(object), np.array(None))
    return line | {"value": value.tolist()}
