import json
from typing import Any

import numpy as np
import pytest

from tracetf.trace import Event, Trace
from tracetf.trace.file import SCHEMA
from tracetf.trace.lines import json_lines


def strict(line: str) -> Any:
    """Read JSON as the standard has it: without NaN and Infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    assert "\n" not in line
    return json.loads(line, parse_constant=refuse)


def lines(value: np.ndarray) -> dict[str, Any]:
    trace = Trace()
    trace.append(Event(0, 0, "forward", "x", tuple("abc"[: value.ndim]), value))
    return strict(list(json_lines(trace))[1])


@pytest.mark.parametrize("run", ["train", "cached", "forced"])
def test_every_line_is_strict_json_and_holds_the_numbers(run: str, runs: dict[str, Trace]) -> None:
    head, *told = map(strict, json_lines(runs[run]))
    assert len(told) == len(runs[run])
    assert head["kind"] == "trace"
    for line, event in zip(told, runs[run], strict=True):
        assert (line["kind"], line["path"], line["phase"], line["order"]) == (
            "event",
            event.path,
            event.phase,
            event.order,
        )
        assert tuple(line["axes"]) == event.axes
        assert tuple(line["shape"]) == event.shape
        assert line["step"] == event.name
        value = np.array(line["value"], dtype=object).reshape(event.shape)
        known = np.isfinite(event.value)
        assert (value[known].astype(event.value.dtype) == event.value[known]).all()
        assert all(number is None for number in value[~known])


def test_the_first_line_tells_of_the_run(runs: dict[str, Trace]) -> None:
    trace = runs["forced"]
    head = strict(next(json_lines(trace)))
    assert head == {
        "kind": "trace",
        "schema": SCHEMA,
        "phases": ["forward"],
        "dimensions": dict(trace.dimensions),
        "vocabularies": {side: list(words) for side, words in trace.vocabularies.items()},
    }


def test_words_are_written_as_they_are(runs: dict[str, Trace]) -> None:
    head, *rest = json_lines(runs["forced"])
    assert "학생" in head
    assert any("학생" in line for line in rest)
    told = [strict(line) for line in json_lines(runs["forced"])]
    assert next(line["labels"] for line in told[1:] if line["path"] == "target") == {
        "token": [["<s>", "나", "##는", "학생", "##이다", "."]]
    }


def test_infinity_is_null_and_counted() -> None:
    line = lines(np.array([[1.5, -np.inf], [-np.inf, 2]], dtype=np.float32))
    assert line["value"] == [[1.5, None], [None, 2]]
    assert line["masked"] == 2
    assert not {"infinite", "nan"} & line.keys()


def test_every_kind_of_odd_number_is_counted_apart() -> None:
    line = lines(np.array([np.inf, -np.inf, np.nan, np.nan, 0]))
    assert line["value"] == [None, None, None, None, 0]
    assert (line["masked"], line["infinite"], line["nan"]) == (1, 1, 2)


def test_ordinary_numbers_are_not_counted() -> None:
    assert not {"masked", "infinite", "nan"} & lines(np.array([1.0, 2.0])).keys()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.array([True, False]), [True, False]),
        (np.array([3, 4]), [3, 4]),
        (np.zeros((2, 0)), [[], []]),
        (np.array(2.5), 2.5),
    ],
)
def test_other_kinds_of_values_are_written_too(value: np.ndarray, told: Any) -> None:
    assert lines(value)["value"] == told
