"""Traces that were read from a file: their numbers stay there until they are asked for."""

import copy
import os
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from tracetf.trace import Event, Trace
from tracetf.trace.file import read_trace, save

SMALL = Trace({"w": np.ones((2, 2), np.float32)})
SMALL.append(
    Event(0, 0, "encode", "source", ("batch", "token"), np.array([[0, 1]]), labels={"token": (("i", "am"),)})
)
SMALL.append(Event(1, 0, "encode", "x", ("token",), np.array([0.5, -np.inf]), {"source": 0}, {"start": 3}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


@pytest.fixture
def emptied(path: Path) -> Trace:
    """Return a trace whose file lost its numbers after it was opened: whatever asks for them fails."""
    save(SMALL, path)
    trace = read_trace(path)
    os.truncate(path, 100)
    return trace


def test_what_is_known_of_an_event_is_known_without_its_numbers(emptied: Trace) -> None:
    x = emptied["x"]
    assert (x.shape, x.sizes, repr(x)) == ((2,), "token=2", "<Event 1 encode: x token=2>")
    assert [event.path for event in emptied.select("*")] == ["source", "x"]
    assert emptied["source"].labels == {"token": (("i", "am"),)}
    assert repr(emptied) == "<Trace of 2 events in encode>"
    assert list(emptied.parameters) == ["w"]
    assert x.holding(gradient=np.zeros(2)).shape == (2,)


def test_numbers_that_are_no_longer_there_are_an_os_error(emptied: Trace) -> None:
    for ask in (lambda: emptied["x"].value, lambda: emptied.parameters["w"]):
        with pytest.raises(OSError, match=r"run\.safetensors was cut short after .*; read it again"):
            ask()


def test_numbers_asked_for_twice_in_a_row_are_read_once(path: Path) -> None:
    save(SMALL, path)
    x = read_trace(path)["x"]
    assert x.value is x.value
    assert type(x.value) is np.ndarray
    assert x.value.flags.writeable


def test_a_trace_that_was_read_outlives_its_file(path: Path) -> None:
    save(SMALL, path)
    first = read_trace(path)
    save(Trace(), path)
    assert first["x"].value.tobytes() == SMALL["x"].value.tobytes()
    save(first, path)
    path.with_name("second").hardlink_to(path)
    path.unlink()
    assert read_trace(path.with_name("second"))["source"].value.tolist() == [[0, 1]]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda trace: pickle.loads(pickle.dumps(trace))])
def test_a_copy_of_a_trace_that_was_read_has_the_numbers_itself(copied: Callable, path: Path) -> None:
    save(SMALL, path)
    read = read_trace(path)
    events, parameters = copied((list(read), read.parameters))
    os.truncate(path, 100)
    assert [event.value.tobytes() for event in events] == [event.value.tobytes() for event in SMALL]
    assert parameters["w"].tolist() == [[1, 1], [1, 1]]


def test_an_event_cannot_be_changed(path: Path) -> None:
    save(SMALL, path)
    for event in (SMALL["x"], read_trace(path)["x"]):
        for name in ("value", "gradient", "phase"):
            with pytest.raises(FrozenInstanceError):
                setattr(event, name, None)
