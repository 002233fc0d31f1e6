"""A trace in a file: arrays in safetensors, everything else in its JSON header. No code in it, no pickle."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tracetf.files import (
    ArrayFile,
    Check,
    anything,
    count,
    listing,
    number,
    parse,
    record,
    refusing_damage,
    table,
    text,
    truth,
)
from tracetf.trace.event import Event, Stored, Tokens
from tracetf.trace.stream import ARRAYS, KINDS, PARAMETERS, SCHEMA, Stream, array_name
from tracetf.trace.trace import Trace

REMEDY = "a trace is what 'tracetf trace … --save FILE' writes"
SENTENCES: Check[Tokens] = listing(listing(text))
FACTS: dict[str, Check[Any]] = {
    "constants": table(number),
    "dimensions": table(anything),
    "vocabularies": table(listing(text)),
    "notice": text,
    "first_in_batch": truth,
}
NOT_ALWAYS_TOLD = {"notice": '""', "first_in_batch": "false"}


def save(trace: Trace, path: str | Path) -> None:
    """Write a trace to one file, whole or not at all.

    Raises:
        OSError: the file cannot be written; what was there before is left as it is.
    """
    with Stream(path, trace) as stream:
        for event in trace:
            stream.append(event)


def read_trace(path: str | Path) -> Trace:
    """Read a trace from a file; the numbers stay there until they are asked for.

    Raises:
        ValueError: not a trace of ours, a damaged one, or one of a newer schema.
        OSError: the file cannot be read.
    """
    with refusing_damage(path, "trace", REMEDY):
        file = ArrayFile(path, "numpy", KINDS.values())
    schema = _schema(file.header.get("tracetf trace"), path)
    with refusing_damage(path, "trace", REMEDY):
        return _trace(file, schema)


def _schema(said: str | None, path: str | Path) -> int:
    if said is None:
        raise ValueError(f"{path} is not a tracetf trace; {REMEDY}")
    if not (said.isascii() and said.isdecimal() and len(said) < 10 and int(said) > 0):
        raise ValueError(f"{path} has schema {said!r:.60}, which is no number from 1 on; {REMEDY}")
    if int(said) > SCHEMA:
        raise ValueError(f"{path} has schema {said}, and this tracetf reads up to {SCHEMA}; update tracetf")
    return int(said)


def _trace(file: ArrayFile, schema: int) -> Trace:
    header = NOT_ALWAYS_TOLD | dict(file.header)
    trace = Trace(**{fact: parse(header, fact, check) for fact, check in FACTS.items()})
    names = [name for name in file.shapes if name.startswith(PARAMETERS)]
    trace.parameters = StoredArrays({name.removeprefix(PARAMETERS): _stored(file, name) for name in names})
    labels = SENTENCES if schema == 1 else _one_of(parse(header, "labels", listing(SENTENCES)))
    for known in parse(header, "events", listing(_event(labels))):
        if trace.made(known["order"]):
            raise ValueError(f"two events have the order {known['order']}")
        trace.append(_with_arrays(file, known))
    return trace


def _one_of(labels: tuple[Tokens, ...]) -> Check[Tokens]:
    """Take the number of a label, which since schema 2 stands once for all events that have it."""

    def check(said: Any) -> Tokens:
        if count(said) >= len(labels):
            raise ValueError(f"label {said} is not among the {len(labels)} there are")
        return labels[said]

    return check


def _event(labels: Check[Tokens]) -> Check[dict[str, Any]]:
    return record(
        order=count,
        began=count,
        phase=text,
        path=text,
        axes=listing(text),
        inputs=table(count),
        numbers=table(number),
        labels=table(labels),
    )


def _with_arrays(file: ArrayFile, known: dict[str, Any]) -> Event:
    names = {kind: array_name(kind, known["order"], known["path"]) for kind in ARRAYS}
    if names["value"] not in file.shapes:
        raise ValueError(f"{names['value']} is missing")
    stored: dict[str, Any] = {
        kind: _stored(file, name) for kind, name in names.items() if name in file.shapes
    }
    event = Event(**known, **stored)
    _check_fit(event, stored)
    return event


def _check_fit(event: Event, stored: Mapping[str, Stored]) -> None:
    """Refuse an event whose parts contradict each other.

    Raises:
        ValueError: they do.
    """
    sizes = dict(zip(event.axes, event.shape, strict=False))
    if len(event.axes) != len(event.shape):
        raise ValueError(f"{event.path} has axes {' '.join(event.axes)} and the shape {event.shape}")
    if event.began > event.order:
        raise ValueError(f"{event.path} is event {event.order} of a call that began with {event.began}")
    if "gradient" in stored and stored["gradient"].shape != event.shape:
        raise ValueError(f"{event.path} has shape {event.shape}, its gradient {stored['gradient'].shape}")
    for axis, sentences in event.labels.items():
        lengths = {len(words) for words in sentences}
        if not lengths <= {sizes.get(axis)} or len(sentences) < sizes.get("batch", 1):
            raise ValueError(f"{event.path} has labels that do not fit its axis {axis}")


def _stored(file: ArrayFile, name: str) -> Stored:
    return Stored(file.shapes[name], partial(file.read, name))


class StoredArrays(Mapping[str, NDArray[Any]]):
    """Arrays by name, each read from its file when it is asked for."""

    def __init__(self, stored: Mapping[str, Stored]) -> None:
        self._stored = stored

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._stored[name].read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def __reduce__(self) -> tuple[Callable[[Any], dict[str, Any]], tuple[dict[str, Any]]]:
        """Let a copy, or another process, have the numbers themselves."""
        return dict, (dict(self),)
