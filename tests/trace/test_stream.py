import errno
import json
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from safetensors import safe_open

from tracetf.trace import Event, Trace
from tracetf.trace import stream as streams
from tracetf.trace.file import read_trace, save
from tracetf.trace.stream import Stream

MEGABYTE = 1 << 20


def event(order: int, value: object = 0.0, **more: object) -> Event:
    array = np.asarray(value)
    return Event(order, order, "forward", "x", tuple("abc"[: array.ndim]), array, **more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


def test_a_stream_writes_the_same_file_as_saving_the_whole(runs: dict[str, Trace], path: Path) -> None:
    for run in ("train", "forced"):
        with Stream(path, runs[run]) as stream:
            for one in runs[run]:
                stream.append(one)
        save(runs[run], path.with_name("saved"))
        assert path.read_bytes() == path.with_name("saved").read_bytes()


def test_an_event_is_read_from_the_draft_and_then_from_the_file(path: Path) -> None:
    with Stream(path, Trace()) as stream:
        events: list[Event] = []
        for order in range(5):
            events.append(stream.append(event(order, np.full((2, 3), order))))
            assert [one.value.tolist() for one in events] == [[[n] * 3] * 2 for n in range(order + 1)]
        assert list(path.parent.iterdir()) == []
    assert [one.value.tolist() for one in events] == [[[order] * 3] * 2 for order in range(5)]
    assert stream._draft.closed  # it has taken as much of the disk as the file
    assert events[0].value.tobytes() == read_trace(path).made(0).value.tobytes()


def test_a_gradient_may_come_later_and_again(path: Path) -> None:
    with Stream(path, Trace()) as stream:
        first, second = stream.append(event(0, [1.0])), stream.append(event(1, [2.0]))
        first = stream.add_gradient(first, np.array([3.0]))
        first = stream.add_gradient(first, np.array([4.0]))
        assert (first.value.tolist(), first.gradient.tolist(), second.gradient) == ([1], [4], None)
    back = read_trace(path)
    assert (back.made(0).value.tolist(), back.made(0).gradient.tolist()) == ([1], [4])
    assert back.made(1).gradient is None


def test_what_is_known_of_the_run_is_asked_for_at_the_end(path: Path) -> None:
    trace = Trace()
    with Stream(path, trace):
        trace.parameters = {"w": np.ones(2, np.float16)}
        trace.vocabularies = {"source": ("나",)}
        trace.notice = "the budget is used up"
        trace.dimensions = {"dtype": np.float16}
    back = read_trace(path)
    assert back.parameters["w"].tobytes() == np.ones(2, np.float16).tobytes()
    assert (back.vocabularies, back.notice) == ({"source": ("나",)}, "the budget is used up")
    assert back.dimensions == {"dtype": str(np.float16)}


def test_words_that_many_events_share_are_written_once(path: Path) -> None:
    words = (("a long word",) * 1000,)
    with Stream(path, Trace()) as stream:
        for order in range(100):
            stream.append(event(order, np.zeros(1000, bool), labels={"a": words}))
    assert path.stat().st_size < 200_000
    assert all(one.labels == {"a": words} for one in read_trace(path))


def test_whoever_reads_safetensors_reads_a_trace(path: Path) -> None:
    arrays = [np.arange(3).astype(kind)[:, None] for kind in streams.KINDS]
    arrays += [np.zeros((2, 0)), np.array(2.5), np.arange(6.0).reshape(2, 3).T, np.ones(3, ">f4")]
    with Stream(path, Trace()) as stream:
        for order, array in enumerate(arrays):
            stream.append(event(order, array))
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    table = json.loads(content[8 : 8 + length])
    with safe_open(path, framework="numpy") as file:
        assert len(file.keys()) == len(arrays)
        for order, array in enumerate(arrays):
            back = file.get_tensor(f"value/{order}/x")
            assert (back.shape, back.tolist()) == (array.shape, array.tolist())
            assert back.dtype == array.dtype.newbyteorder("=")
            start = table[f"value/{order}/x"]["data_offsets"][0]
            assert (8 + length + start) % array.dtype.itemsize == 0  # so that it can be mapped


@pytest.mark.parametrize("array", [np.array([1j]), np.array(["a"]), np.array([None])])
def test_numbers_that_no_file_can_hold_are_refused(array: np.ndarray, path: Path) -> None:
    with pytest.raises(ValueError, match=r"value/0/x holds .*, which no file can; record bool, "):
        Stream(path, Trace()).append(event(0, array))


def test_a_run_too_long_for_a_header_is_told_so_in_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FOR_EVENTS", 3000)
    kept = 0
    with Stream(path, Trace()) as stream:
        with pytest.raises(OSError, match="more events than a file can list; record") as told:  # noqa: PT012
            for order in range(100):
                stream.append(event(order))
                kept += 1
        assert told.value.errno == errno.EFBIG
    assert len(read_trace(path)) == kept > 3


def test_no_more_than_a_value_is_in_memory_at_once(path: Path) -> None:
    """Record 64 MB, read it back, and keep what was recorded at hand all the while."""
    tracemalloc.start()
    with Stream(path, Trace()) as stream:
        events = [stream.append(event(order, np.full(MEGABYTE // 8, order, float))) for order in range(64)]
    assert [one.value[-1] for one in events] == list(range(64))
    assert [one.value[-1] for one in read_trace(path)] == list(range(64))
    assert tracemalloc.get_traced_memory()[1] < 14 * MEGABYTE
    tracemalloc.stop()


@pytest.fixture
def hurried() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurried")
def test_events_may_be_read_while_others_are_written(path: Path) -> None:
    with Stream(path, Trace()) as stream:
        first = stream.append(event(0, np.arange(5000)))
        wrong: list[bool] = []
        reader = Thread(
            target=lambda: wrong.extend((first.value != np.arange(5000)).any() for _ in range(300))
        )
        reader.start()
        later = [stream.append(event(order, np.full(5000, order))) for order in range(1, 300)]
        reader.join()
    assert len(wrong) == 300
    assert not any(wrong)
    assert all((one.value == one.order).all() for one in later)
