import errno
import json
import resource
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
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


@pytest.fixture(params=[b"", b"old"], ids=["nothing there before", "a file there before"])
def before(request: pytest.FixtureRequest, path: Path) -> Iterator[bytes]:
    """Put nothing or a file at the path, and look in the end that it is still there, and nothing else."""
    if request.param:
        path.write_bytes(request.param)
    yield request.param
    left = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert left == ({path.name: request.param} if request.param else {})


def test_a_stream_writes_the_same_file_as_saving_the_whole(runs: dict[str, Trace], path: Path) -> None:
    for run in ("train", "forced"):
        with Stream(path, runs[run]) as stream:
            for one in runs[run]:
                stream.append(one)
        save(runs[run], path.with_name("saved"))
        assert path.read_bytes() == path.with_name("saved").read_bytes()


def test_an_event_is_read_from_the_draft_and_then_from_the_file(path: Path) -> None:
    with Stream(path, Trace()) as stream:
        events = [stream.append(event(order, np.full((2, 3), order))) for order in range(5)]
        assert [one.value.tolist() for one in events] == [[[order] * 3] * 2 for order in range(5)]
        assert list(path.parent.iterdir()) == []
    assert [one.value.tolist() for one in events] == [[[order] * 3] * 2 for order in range(5)]
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


def test_events_may_be_read_while_others_are_written(path: Path) -> None:
    with Stream(path, Trace()) as stream:
        first = stream.append(event(0, np.arange(5000)))
        wrong = []
        reader = Thread(
            target=lambda: wrong.extend((first.value != np.arange(5000)).any() for _ in range(300))
        )
        reader.start()
        for order in range(1, 300):
            stream.append(event(order, np.zeros(5000)))
        reader.join()
    assert len(wrong) == 300
    assert not any(wrong)


def test_a_stream_that_is_broken_off_leaves_what_was_there(before: bytes, path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Stream(path, Trace()) as stream:  # noqa: PT012 - written, then left
        kept = stream.append(event(0, [1.0]))
        raise KeyboardInterrupt
    assert kept.value.tolist() == [1]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, MemoryError])
def test_an_interrupt_while_the_file_is_put_together_leaves_what_was_there(
    error: type[BaseException], before: bytes, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Stream._from_draft

    def broken(stream: Stream, name: str) -> np.ndarray:
        if name == "value/3/x":
            raise error
        return whole(stream, name)

    monkeypatch.setattr(Stream, "_from_draft", broken)
    trace = Trace()
    for order in range(5):
        trace.append(event(order, np.zeros(MEGABYTE)))
    with pytest.raises(error):
        save(trace, path)


@contextmanager
def disk_full(space: int) -> Iterator[None]:
    """Let no file grow beyond `space` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (space, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 0.5, 0.98], ids=["nothing", "half the draft", "the draft, not the file"])
def test_a_full_disk_leaves_what_was_there(
    room: float, before: bytes, runs: dict[str, Trace], path: Path
) -> None:
    save(runs["eval"], path.parent.parent / "whole")
    size = (path.parent.parent / "whole").stat().st_size
    with disk_full(int(room * size)), pytest.raises(OSError, match="File too large"):
        save(runs["eval"], path)


@pytest.mark.parametrize("place", ["nowhere/run.safetensors", "folder"])
def test_where_no_file_can_be_is_told_before_anything_is_recorded(place: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"no such folder to write to|something that is no file"):
        Stream(tmp_path / place, Trace())


DYING = """
import signal, sys, time, numpy as np
from tracetf.trace import Event, Trace
from tracetf.trace.stream import Stream
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it

def here(place):
    if place == sys.argv[2]:
        print("here", flush=True)
        time.sleep(60)

whole = Stream._from_draft
Stream._from_draft = lambda stream, name: (here(name), whole(stream, name))[1]
with Stream(sys.argv[1], Trace()) as stream:
    for order in range(30):
        stream.append(Event(order, 0, "forward", "x", ("a",), np.full(1 << 18, order)))
        here(f"appending {order}")
"""


@pytest.mark.parametrize("place", ["appending 20", "value/20/x"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_dies_while_it_writes_breaks_no_file(
    how: signal.Signals, place: str, path: Path
) -> None:
    path.write_bytes(b"old")
    command = [sys.executable, "-c", DYING, str(path), place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as writer:
        assert writer.stdout.readline() == "here\n"
        writer.send_signal(how)
    assert path.read_bytes() == b"old"
    left = [file.name for file in path.parent.iterdir() if file != path]
    assert len(left) == (how is signal.SIGKILL and place == "value/20/x")
    assert all(name.startswith(f".{path.name}.") for name in left)
