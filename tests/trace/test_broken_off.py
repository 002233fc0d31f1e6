"""Writing that does not come to its end leaves what was there, and nothing else."""

import gc
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from tracetf.trace import Event, Trace
from tracetf.trace.file import save
from tracetf.trace.stream import Stream

MEGABYTE = 1 << 20


def event(order: int, value: object) -> Event:
    return Event(order, order, "forward", "x", ("a",), np.asarray(value))


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


def test_a_stream_given_up_on_a_full_disk_is_silent(before: bytes, path: Path) -> None:
    with disk_full(100):
        stream = Stream(path, Trace())
        with suppress(OSError):
            for order in range(9):
                stream.append(event(order, np.zeros(50)))
        del stream
        gc.collect()


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
