"""A trace written to its file while it grows, so that its numbers need not be held in memory."""

import json
import os
from contextlib import suppress
from dataclasses import fields
from errno import EFBIG
from functools import partial
from math import prod
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any, NamedTuple, Self
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from tracetf.files import ArrayFile, check_place, whole_file
from tracetf.trace.event import Event, Stored, Tokens
from tracetf.trace.trace import Trace

SCHEMA = 2
FACTS = ("constants", "dimensions", "vocabularies", "notice", "first_in_batch")
ARRAYS = ("value", "gradient")
PARAMETERS = "parameters/"
KINDS = {
    "bool": "BOOL",
    **{
        f"{name}{bits}": f"{kind}{bits}"
        for name, kind in (("uint", "U"), ("int", "I"))
        for bits in (8, 16, 32, 64)
    },
    **{f"float{bits}": f"F{bits}" for bits in (16, 32, 64)},
    "complex64": "C64",
}
LONGEST_HEADER = 100_000_000  # longer ones safetensors refuses to read
FOR_EVENTS = 90_000_000


class Place(NamedTuple):
    """Say where in the draft an array begins, and what it is."""

    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        return prod(self.shape) * self.dtype.itemsize


class Stream:
    """Write a trace event by event: whole or not at all, and with no more than one array in memory.

    The arrays go to a draft without a name, of which nothing is left if the stream is never closed. Closing
    writes the file: its header, which is not known before the last event, and then the arrays.

    Args:
        path: where the file will be.
        trace: what the header tells of the run, asked for at closing; its events are not touched.

    Raises:
        OSError: there can be no file at `path`.
    """

    def __init__(self, path: str | Path, trace: Trace) -> None:
        self.path = Path(path)
        self.trace = trace
        check_place(self.path)
        self._draft: Any = TemporaryFile(dir=self.path.parent)  # noqa: SIM115 - events read from it
        finalize(self, _close, self._draft)
        self._lock = Lock()
        self._read = self._from_draft
        self._places: dict[str, Place] = {}
        self._labels: dict[Tokens, int] = {}
        self._events: list[str] = []
        self._room = FOR_EVENTS

    def append(self, event: Event) -> Event:
        """Write an event, and return it with its numbers stored.

        Raises:
            OSError: the disk is full, or the file would list more than safetensors reads.
            ValueError: numbers of a kind that safetensors does not have.
        """
        labels = {axis: self._number(words) for axis, words in event.labels.items()}
        told = self._told(facts(event) | {"labels": labels})
        held = {kind: array for kind in ARRAYS if (array := getattr(event, kind)) is not None}
        stored = {
            kind: self._keep(array_name(kind, event.order, event.path), array) for kind, array in held.items()
        }
        self._events.append(told)
        return event.holding(**stored)

    def add_gradient(self, event: Event, gradient: NDArray[Any]) -> Event:
        """Write the gradient of an event that was appended before, and return the event with it stored.

        Raises:
            OSError, ValueError: as `append`.
        """
        name = array_name("gradient", event.order, event.path)
        return event.holding(gradient=self._keep(name, gradient))

    def close(self) -> None:
        """Put the file in its place; events that were handed out are read from there from now on.

        Raises:
            OSError: the disk is full; what was at `path` before is as it was.
            ValueError: a header longer than safetensors reads.
        """
        for name, array in self.trace.parameters.items():
            self._keep(PARAMETERS + name, array)
        with whole_file(self.path) as path, path.open("wb") as file:
            self._write(file)
        self._read = ArrayFile(self.path, "numpy", KINDS.values()).read
        _close(self._draft)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self.close()

    def _number(self, words: Tokens) -> int:
        """Return which of the labels these are: most events share theirs with others."""
        if words not in self._labels:
            self._told(words)
            self._labels[words] = len(self._labels)
        return self._labels[words]

    def _told(self, said: Any) -> str:
        """Return JSON for the header, as long as there is room for it."""
        told = json.dumps(said, ensure_ascii=False)
        self._room -= len(json.dumps(told))
        if self._room < 0:
            raise OSError(EFBIG, "more events than a file can list; record fewer with only=", str(self.path))
        return told

    def _keep(self, name: str, array: NDArray[Any]) -> Stored:
        if array.dtype.name not in KINDS:
            raise ValueError(f"{name} holds {array.dtype}, which no file can; record {', '.join(KINDS)}")
        array = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        with self._lock:
            place = Place(self._draft.seek(0, os.SEEK_END), array.shape, array.dtype)
            self._told({name: _entry(place, place.start)})
            self._draft.write(array.data)
        self._places[name] = place
        return Stored(array.shape, partial(self._stored, name))

    def _stored(self, name: str) -> NDArray[Any]:
        return self._read(name)

    def _from_draft(self, name: str) -> NDArray[Any]:
        place = self._places[name]
        array = np.empty(place.shape, place.dtype)
        with self._lock:
            self._draft.seek(place.start)
            self._draft.readinto(array.data)
        return array

    def _write(self, file: IO[bytes]) -> None:
        # Wide numbers first, so that each array begins at a multiple of its width.
        names = sorted(self._places, key=lambda name: (-self._places[name].dtype.itemsize, name))
        table, end = {"__metadata__": self._header()}, 0
        for name in names:
            table[name] = _entry(self._places[name], end)
            end += self._places[name].size
        header = json.dumps(table, ensure_ascii=False).encode()
        header += b" " * (-len(header) % 8)
        if len(header) > LONGEST_HEADER:
            raise ValueError(f"the header would take {len(header):,} bytes; record fewer events with only=")
        file.write(len(header).to_bytes(8, "little") + header)
        for name in names:
            file.write(self._from_draft(name).data)

    def _header(self) -> dict[str, str]:
        told = {fact: getattr(self.trace, fact) for fact in FACTS} | {"labels": list(self._labels)}
        return {
            "tracetf trace": str(SCHEMA),
            **{name: json.dumps(said, ensure_ascii=False, default=str) for name, said in told.items()},
            "events": f"[{','.join(self._events)}]",
        }


def facts(event: Event) -> dict[str, Any]:
    """Return everything of an event but its arrays."""
    return {f.name: getattr(event, f.name) for f in fields(event) if f.name not in ARRAYS}


def array_name(kind: str, order: int, path: str) -> str:
    """Return the name in the file of an event's value or gradient."""
    return f"{kind}/{order}/{path}"


def _entry(place: Place, start: int) -> dict[str, Any]:
    end = start + place.size
    return {"dtype": KINDS[place.dtype.name], "shape": place.shape, "data_offsets": [start, end]}


def _close(draft: IO[bytes]) -> None:
    with suppress(OSError):  # a full disk has been told of already
        draft.close()
