import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from tracetf.trace import Event, Trace, stream, verify
from tracetf.trace.file import read_trace, save
from tracetf.trace.stream import facts

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


@pytest.mark.parametrize("run", ["train", "cached", "forced", "learned"])
def test_a_trace_comes_back_bit_for_bit(run: str, runs: dict[str, Trace], path: Path) -> None:
    save(runs[run], path)
    back = read_trace(path)
    assert len(back) == len(runs[run])
    for before, after in zip(runs[run], back, strict=True):
        assert all(
            same(getattr(before, name), getattr(after, name))
            for name in (field.name for field in fields(Event))
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


def test_a_header_that_nobody_would_read_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST_HEADER", 300)
    with pytest.raises(ValueError, match=r"the header would take .* bytes; record fewer"):
        save(SMALL, path)
    assert not path.exists()


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
        ValueError, match=r"run\.safetensors has schema 3, and this tracetf reads up to 2; update"
    ):
        read_trace(rewritten(tracetf_trace="3"))


@pytest.mark.parametrize("said", ["one", "", "0", "-1", "1.0", "２", "9" * 5000])
def test_a_schema_that_is_no_number_is_refused(said: str, rewritten: Callable) -> None:
    with pytest.raises(
        ValueError, match=r"run\.safetensors has schema .{2,62}, which is no number from 1 on; "
    ):
        read_trace(rewritten(tracetf_trace=said))


def test_what_a_header_says_besides_is_passed_over(rewritten: Callable) -> None:
    events = [{"mood": "good", **facts(event), "labels": {}} for event in SMALL]
    assert len(read_trace(rewritten(mood="{", events=json.dumps(events)))) == 2


def test_a_trace_of_schema_1_is_read(path: Path) -> None:
    """Each event of schema 1 had its labels itself, and nothing said why recording stopped."""
    first = {"order": 0, "began": 0, "phase": "encode", "path": "source", "axes": ["batch", "token"]}
    event = first | {"inputs": {}, "numbers": {"start": 3}, "labels": {"token": [["i", "am"]]}}
    header = {
        "tracetf trace": "1",
        "constants": '{"p": 0.1}',
        "dimensions": '{"d_model": 2}',
        "vocabularies": '{"source": ["i", "am"]}',
        "events": json.dumps([event]),
    }
    save_file({"parameters/w": np.ones(2), "value/0/source": np.array([[0, 1]])}, path, header)
    trace = read_trace(path)
    assert trace.words("source", trace["source"]) == trace["source"].labels["token"] == (("i", "am"),)
    assert trace["source"].numbers == {"start": 3}
    assert (trace.constants, trace.dimensions, trace.notice) == ({"p": 0.1}, {"d_model": 2}, "")
    assert trace.parameters["w"].tolist() == [1, 1]


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
    events = json.dumps([facts(Event(7, 0, "encode", "lost", (), np.ones(0)))])
    with pytest.raises(ValueError, match="is not a whole trace: value/7/lost is missing; "):
        read_trace(rewritten(events=events))


def test_a_truncated_file_is_refused(path: Path) -> None:
    save(SMALL, path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 13):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"run\.safetensors is not a whole trace: "):
            read_trace(path)


def test_a_missing_file_is_an_os_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"run\.safetensors"):
        read_trace(path)


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        save(SMALL, tmp_path / "nowhere" / "run.safetensors")


@pytest.mark.parametrize(
    ("odd", "problem"),
    [
        ({"order": True}, "True is no whole number from 0 on"),
        ({"order": 0}, "two events have the order 0"),
        ({"order": 7}, "value/7/x is missing"),
        ({"began": 2}, "x is event 1 of a call that began with 2"),
        ({"axes": ["token", "d_model"]}, r"x has axes token d_model and the shape \(2,\)"),
        ({"axes": "token"}, "'token' is no list"),
        ({"labels": {"token": 1}}, "label 1 is not among the 1 there are"),
        ({"labels": {"query": 0}}, "x has labels that do not fit its axis query"),
        ({"inputs": {"x": -1}}, "-1 is no whole number"),
        ({"numbers": {"start": 10**400}}, "10*… is no number|10* is no number"),
        ({"numbers": {"\udcff": 1}}, "surrogates not allowed"),
    ],
    ids=str,
)
def test_an_event_that_contradicts_itself_is_refused(
    odd: dict[str, Any], problem: str, rewritten: Callable
) -> None:
    first, second = [facts(event) | {"labels": {}} for event in SMALL]
    with pytest.raises(ValueError, match=rf"is not a whole trace: .*({problem}).*; a trace is what"):
        read_trace(rewritten(events=json.dumps([first, second | odd])))


def test_labels_and_gradients_have_the_size_of_what_they_label(path: Path) -> None:
    value = np.zeros((2, 3))
    for odd in (
        {"labels": {"token": (("i", "am"), ("i", "am"))}},
        {"labels": {"token": (("i", "am", "."),)}},
        {"gradient": np.zeros(3)},
    ):
        trace = Trace()
        trace.append(Event(0, 0, "encode", "x", ("batch", "token"), value, **odd))
        save(trace, path)
        with pytest.raises(ValueError, match=r"labels that do not fit its axis token|its gradient"):
            read_trace(path)
