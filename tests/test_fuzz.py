"""Files that somebody damaged, or meant harm with: read, or refused in one clear sentence, and no more."""

import io
import json
import os
import pickle
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tracetf.shipped import load
from tracetf.trace import Event, Trace
from tracetf.trace.file import read_trace, save
from tracetf.trace.lines import json_lines
from tracetf.translate import Translator
from tracetf.views.notebook import event_html, trace_html

ROOM = 400 << 20
WORDS = {"token": (("i", "am"),)}
HOSTILE: list[Any] = [
    *(None, True, -1, 1.5, 10**9, 2**63, 10**30, float("nan"), float("inf"), -0.0),
    *("", "x", "\ud800", "\x00", "9" * 30, "../../etc/passwd"),
    *([], {}, [[]], [None], ["x"], {"x": None}, {"": [1]}, [10**9], [0, 10**12], [[["x"]]]),
]


class Kind(NamedTuple):
    """A kind of file: a whole one, what reads it, and what it calls itself when it is refused."""

    content: bytes
    read: Callable[[Path], object]
    name: str


def use(path: Path) -> None:
    """Read a trace, and ask for everything in it."""
    trace = read_trace(path)
    for event in trace:
        assert event.value.shape == event.shape
        assert event.gradient is None or event.gradient.shape == event.shape
        assert repr(event)
        assert event_html(event)
    assert len(list(trace.parameters.values())) == len(trace.parameters)
    assert len(list(json_lines(trace))) == len(trace) + 1
    assert trace_html(trace)


@pytest.fixture(scope="module")
def kinds(translator: Translator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kind]:
    folder = tmp_path_factory.mktemp("whole")
    trace = Trace({"w": np.ones((2, 2), np.float16)}, {"p": 0.1}, {"d_model": 2}, {"source": ("i", "am")})
    ids = np.array([[0, 1]])
    trace.append(Event(0, 0, "encode", "source", ("batch", "token"), ids, labels=WORDS))
    value = np.array([0.5, -np.inf])
    trace.append(Event(1, 0, "encode", "x", ("token",), value, {"source": 0}, {"start": 3}, WORDS, value))
    save(trace, folder / "trace")
    translator.checkpoint().write(folder / "checkpoint")
    return {
        "trace": Kind((folder / "trace").read_bytes(), use, "trace"),
        "checkpoint": Kind((folder / "checkpoint").read_bytes(), load, "checkpoint"),
    }


@pytest.fixture(scope="module", params=["trace", "checkpoint"])
def kind(request: pytest.FixtureRequest, kinds: dict[str, Kind]) -> Kind:
    return kinds[request.param]


@pytest.fixture(autouse=True)
def _little_memory() -> Iterator[None]:
    """Let nothing allocate much more than there is: what a small file claims is not to be believed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "damaged.safetensors"


def survives(kind: Kind, path: Path, content: bytes) -> bool:
    """Say whether a file is read; if not, look that it is refused as it should be."""
    path.write_bytes(content)
    try:
        kind.read(path)
    except ValueError as error:
        said = error
    else:
        return True
    problem, _, remedy = str(said).rpartition("; ")
    assert type(said) is ValueError
    assert problem.startswith(str(path))
    assert kind.name in remedy or remedy == "update tracetf"
    return False


def taken_apart(content: bytes) -> tuple[dict[str, Any], bytes]:
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), content[end:]


def put_together(header: dict[str, Any] | bytes, arrays: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + arrays


def test_a_whole_file_is_read(kind: Kind, path: Path) -> None:
    assert survives(kind, path, kind.content)
    assert survives(kind, path, put_together(*taken_apart(kind.content)))


@settings(max_examples=200)
@given(data=st.data())
def test_a_file_with_other_bytes(kind: Kind, path: Path, data: st.DataObject) -> None:
    content = bytearray(kind.content)
    header = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1) | st.integers(0, header - 1))
        content[place] = data.draw(st.integers(0, 255) | st.sampled_from(b'"[]{}:,0129.-eE\\u '))
    survives(kind, path, bytes(content))


@given(data=st.data())
def test_a_file_cut_short_or_grown(kind: Kind, path: Path, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(kind.content) - 1))
    more = data.draw(st.binary(max_size=64))
    assert not survives(kind, path, kind.content[:place])
    assert not survives(kind, path, kind.content + b"\0" + more)
    survives(kind, path, kind.content[:place] + more + kind.content[place:])


@given(content=st.binary(max_size=200))
def test_any_bytes(kind: Kind, path: Path, content: bytes) -> None:
    assert not survives(kind, path, content)
    assert not survives(kind, path, put_together(content, b""))


@pytest.mark.parametrize("length", [0, 1, 7, 10**6, 10**8, 2**31, 2**63, 2**64 - 1])
def test_a_header_that_claims_another_length(length: int, kind: Kind, path: Path) -> None:
    assert not survives(kind, path, length.to_bytes(8, "little") + kind.content[8:])
    assert not survives(kind, path, length.to_bytes(8, "little"))


def spots(said: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place in JSON where something stands: what holds it, and under which key."""
    for key in list(said) if isinstance(said, dict) else range(len(said)):
        yield said, key
        if isinstance(said[key], dict | list):
            yield from spots(said[key])


def spoilt(said: Any, data: st.DataObject) -> Any:
    """Replace, remove or double something somewhere in JSON."""
    whole = [said]
    holder, key = data.draw(st.sampled_from(list(spots(whole))))
    what = data.draw(st.sampled_from(["replace", "replace", "remove", "double"]))
    if what == "remove" and holder is not whole:
        del holder[key]
    elif what == "double" and isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[key] = data.draw(st.sampled_from(HOSTILE))
    return whole[0]


@settings(max_examples=300)
@given(data=st.data())
def test_a_header_that_says_odd_things(kind: Kind, path: Path, data: st.DataObject) -> None:
    header, arrays = taken_apart(kind.content)
    told = header["__metadata__"]
    name = data.draw(st.sampled_from([n for n, text in told.items() if text[0] in "[{"]))
    told[name] = json.dumps(spoilt(json.loads(told[name]), data))
    survives(kind, path, put_together(header, arrays))


@settings(max_examples=150)
@given(data=st.data())
def test_a_list_of_arrays_that_says_odd_things(kind: Kind, path: Path, data: st.DataObject) -> None:
    header, arrays = taken_apart(kind.content)
    survives(kind, path, put_together(spoilt(header, data), arrays))


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900, '{"a": 1, "a": 2}', "9" * 5000),
        *("NaN", "[Infinity]", "-Infinity", "1e999", '"\\ud800"', "", " ", "null", "\x00", "0" * 10_000),
    ],
    ids=lambda text: text[:12],
)
def test_a_header_of_odd_json(text: str, kind: Kind, path: Path) -> None:
    whole, arrays = taken_apart(kind.content)
    for name in whole["__metadata__"]:
        header = whole | {"__metadata__": whole["__metadata__"] | {name: text}}
        assert not survives(kind, path, put_together(header, arrays))
    assert not survives(kind, path, put_together(text.encode(), arrays))


@pytest.mark.parametrize("value", [value for value in HOSTILE if value not in (None, True, [], {})], ids=repr)
def test_a_checkpoint_of_odd_dimensions(value: Any, kinds: dict[str, Kind], path: Path) -> None:
    header, arrays = taken_apart(kinds["checkpoint"].content)
    for name, before in (dimensions := json.loads(header["__metadata__"]["dimensions"])).items():
        header["__metadata__"]["dimensions"] = json.dumps(dimensions | {name: value})
        read = survives(kinds["checkpoint"], path, put_together(header, arrays))
        assert not read or (isinstance(before, float) and isinstance(value, float | int))


@pytest.mark.parametrize(
    "entry", [{"shape": [0, 10**12]}, {"shape": [1] * 70}, {"dtype": "BF16"}, {"dtype": "F8_E5M2"}]
)
def test_an_array_that_nobody_would_write(entry: dict[str, Any], kinds: dict[str, Kind], path: Path) -> None:
    size = 0 if 0 in entry.get("shape", ()) else {"F8_E5M2": 1}.get(entry.get("dtype"), 2)
    for kind in kinds.values():
        header, arrays = taken_apart(kind.content)
        odd = {"dtype": "F16", "shape": [1], **entry, "data_offsets": [len(arrays), len(arrays) + size]}
        assert not survives(kind, path, put_together(header | {"odd": odd}, arrays + b"\0" * size))


class Mischief:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, ("mischief",)


def test_no_code_in_a_file_is_run(
    kinds: dict[str, Kind], path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"w": Mischief()}, zipped := io.BytesIO())
    for content in (pickle.dumps(Mischief()), zipped.getvalue()):
        assert not any(survives(kind, path, content) for kind in kinds.values())
    assert list(tmp_path.iterdir()) == []
