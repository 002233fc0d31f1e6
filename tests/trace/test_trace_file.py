import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from tracetf.trace import Event, Trace, verify
from tracetf.trace.file import read_trace, save

SMALL = Trace({"w": np.ones((2, 2), np.float32)}, {"p": 0.1}, {"d_model": 2}, {"source": ("i", "am")})
SMALL.append(
    Event(0, 0, "encode", "source", ("batch", "token"), np.array([[0, 1]]), labels={"token": (("i", "am"),)})
)
SMALL.append(Event(1, 0, "encode", "x", ("token",), np.array([0.5, -np.inf]), {"source": 0}, {"start": 3}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


@pytest.fixture
def rewritten(path: Path) -> Callable[..., Path]:
    """Return a function that saves a trace and then changes its header."""

    def rewritten(**changes: str | None) -> Path:
        save(SMALL, path)
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() | {name.replace("_", " "): text for name, text in changes.items()}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        save_file(arrays, path, {name: text for name, text in header.items() if text is not None})
        return path

    return rewritten


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return one == other


@pytest.mark.parametrize("run", ["train", "cached", "forced"])
def test_a_trace_comes_back_bit_for_bit(run: str, runs: dict[str, Trace], path: Path) -> None:
    save(runs[run], path)
    back = read_trace(path)
    assert len(back) == len(runs[run])
    for before, after in zip(runs[run], back, strict=True):
        assert all(
            same(getattr(before, name), getattr(after, name)) for name in Event.__dataclass_fields__
        ), before
    assert back.parameters.keys() == runs[run].parameters.keys()
    assert all(same(array, back.parameters[name]) for name, array in runs[run].parameters.items())
    assert str(verify(back)) == str(verify(runs[run]))


@pytest.mark.parametrize("fact", ["constants", "dimensions", "vocabularies"])
def test_the_facts_of_a_trace_come_back_as_they_were(fact: str, runs: dict[str, Trace], path: Path) -> None:
    save(runs["forced"], path)
    assert getattr(read_trace(path), fact) == getattr(runs["forced"], fact)


def test_a_gradient_comes_back_where_there_was_one(path: Path) -> None:
    trace = Trace()
    for event in SMALL:
        trace.append(replace(event, gradient=np.array([1.5, -0.0])) if event.path == "x" else event)
    save(trace, str(path))
    back = read_trace(str(path))
    assert back["x"].gradient.tobytes() == np.array([1.5, -0.0]).tobytes()
    assert back["source"].gradient is None


def test_an_empty_trace_comes_back_empty(path: Path) -> None:
    save(Trace(), path)
    assert len(read_trace(path)) == 0


def test_a_value_that_is_a_view_is_written_as_it_is_seen(path: Path) -> None:
    trace, value = Trace(), np.arange(6.0).reshape(2, 3).T
    trace.append(Event(0, 0, "forward", "x", ("a", "b"), value))
    save(trace, path)
    assert read_trace(path)["x"].value.tolist() == value.tolist()


@pytest.mark.parametrize("content", [b"", b"hello", b'{"kind": "trace"}', bytes(200)])
def test_what_is_no_safetensors_file_is_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.safetensors is not a whole trace: "):
        read_trace(path)


@pytest.mark.parametrize("header", [None, {"format": "pt"}, {"format": "tracetf checkpoint 1"}])
def test_somebody_elses_file_is_refused(header: dict[str, str] | None, path: Path) -> None:
    save_file({"w": np.zeros(2)}, path, header)
    with pytest.raises(ValueError, match=r"run\.safetensors is not a tracetf trace"):
        read_trace(path)


def test_a_newer_schema_is_refused(rewritten: Callable) -> None:
    with pytest.raises(
        ValueError, match=r"run\.safetensors has schema 2, and this tracetf reads up to 1; update"
    ):
        read_trace(rewritten(tracetf_trace="2"))


def test_a_schema_that_is_no_number_is_refused(rewritten: Callable) -> None:
    with pytest.raises(ValueError, match=r"run\.safetensors"):
        read_trace(rewritten(tracetf_trace="one"))


@pytest.mark.parametrize(
    "damage",
    [
        {"events": None},
        {"events": "{"},
        {"events": "null"},
        {"events": "[1]"},
        {"events": '[{"order": 0}]'},
        {"constants": None},
        {"vocabularies": "nonsense"},
    ],
    ids=str,
)
def test_a_damaged_header_is_refused(damage: dict[str, str | None], rewritten: Callable) -> None:
    with pytest.raises(ValueError, match=r"run\.safetensors is not a whole trace: "):
        read_trace(rewritten(**damage))


def test_an_event_whose_numbers_are_missing_is_refused(rewritten: Callable) -> None:
    events = json.dumps([{"order": 7, "path": "lost"}])
    with pytest.raises(ValueError, match="is not a whole trace: 'value/7/lost'"):
        read_trace(rewritten(events=events))


def test_a_truncated_file_is_refused(path: Path) -> None:
    save(SMALL, path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 13):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"run\.safetensors is not a whole trace: "):
            read_trace(path)


@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    save(SMALL, path)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(ValueError):
        assert len(read_trace(path)) == 2


def test_a_missing_file_is_an_os_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"run\.safetensors"):
        read_trace(path)


@contextmanager
def disk_full(space: int) -> Iterator[None]:
    """Let no file grow beyond `space` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (space, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("before", [None, SMALL], ids=["nothing there before", "a trace there before"])
def test_a_full_disk_leaves_what_was_there(before: Trace | None, runs: dict[str, Trace], path: Path) -> None:
    if before:
        save(before, path)
    with disk_full(2000), pytest.raises(OSError, match="File too large"):
        save(runs["eval"], path)
    assert [file.name for file in path.parent.iterdir()] == ([path.name] if before else [])
    assert not before or len(read_trace(path)) == len(before)


def test_a_failure_while_writing_leaves_no_half_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(draft: Path, data: bytes) -> None:
        with draft.open("wb") as file:
            file.write(data[:10])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="no space left"):
        save(SMALL, path)
    assert not list(path.parent.iterdir())


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        save(SMALL, tmp_path / "nowhere" / "run.safetensors")
