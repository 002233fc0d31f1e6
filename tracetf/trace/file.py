"""A trace in a file: arrays in safetensors, everything else in its JSON header. No code in it, no pickle."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from tracetf.files import whole_file
from tracetf.trace.event import Event
from tracetf.trace.trace import Trace

SCHEMA = 1
REMEDY = "a trace is what 'tracetf trace … --save FILE' writes"
ARRAYS = ("value", "gradient")
FACTS = ("constants", "dimensions", "vocabularies")


def save(trace: Trace, path: str | Path) -> None:
    """Write a trace to one file, whole or not at all.

    Raises:
        OSError: the file cannot be written; what was there before is left as it is.
    """
    header = {fact: json.dumps(getattr(trace, fact), ensure_ascii=False) for fact in FACTS}
    header |= {
        "tracetf trace": str(SCHEMA),
        "events": json.dumps([facts(event) for event in trace], ensure_ascii=False),
    }
    arrays = {f"parameters/{name}": value for name, value in trace.parameters.items()}
    for event in trace:
        arrays[_key("value", event)] = event.value
        if event.gradient is not None:
            arrays[_key("gradient", event)] = event.gradient
    with whole_file(Path(path)) as draft:
        draft.write_bytes(to_bytes({name: np.asarray(a, order="C") for name, a in arrays.items()}, header))


def read_trace(path: str | Path) -> Trace:
    """Read a trace from a file.

    Raises:
        ValueError: not a trace of ours, a damaged one, or one of a newer schema.
        OSError: the file cannot be read.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            _check(header.get("tracetf trace"), path)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        trace = Trace(**{fact: json.loads(header[fact]) for fact in FACTS})
        trace.vocabularies = {side: tuple(words) for side, words in trace.vocabularies.items()}
        trace.parameters = {
            name.removeprefix("parameters/"): array
            for name, array in arrays.items()
            if name.startswith("parameters/")
        }
        for known in json.loads(header["events"]):
            place = f"{known['order']}/{known['path']}"
            value, gradient = arrays[f"value/{place}"], arrays.get(f"gradient/{place}")
            trace.append(Event(**_tuples(known), value=value, gradient=gradient))
        return trace
    except (SafetensorError, KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a whole trace: {error}; {REMEDY}") from error


def facts(event: Event) -> dict[str, Any]:
    """Return everything of an event but its arrays."""
    return {f.name: getattr(event, f.name) for f in fields(event) if f.name not in ARRAYS}


def _key(kind: str, event: Event) -> str:
    return f"{kind}/{event.order}/{event.path}"


def _check(schema: str | None, path: str | Path) -> None:
    if schema is None:
        raise ValueError(f"{path} is not a tracetf trace; {REMEDY}")
    if not schema.isdecimal():
        raise ValueError(f"{path} has schema {schema!r}, which is no number; {REMEDY}")
    if int(schema) > SCHEMA:
        raise ValueError(f"{path} has schema {schema}, and this tracetf reads up to {SCHEMA}; update tracetf")


def _tuples(known: dict[str, Any]) -> dict[str, Any]:
    labels = {axis: tuple(map(tuple, words)) for axis, words in known["labels"].items()}
    return known | {"axes": tuple(known["axes"]), "labels": labels}
