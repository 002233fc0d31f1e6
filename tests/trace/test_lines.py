import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError

from tracetf.trace import Event, Trace
from tracetf.trace.lines import SCHEMA, json_lines

DESCRIBED = Path(__file__).parents[2] / "docs" / "trace-lines.schema.json"
DESCRIPTION = json.loads(DESCRIBED.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(DESCRIPTION)


def strict(line: str) -> Any:
    """Read JSON as the standard has it: without NaN and Infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    assert "\n" not in line
    return json.loads(line, parse_constant=refuse)


def lines(value: np.ndarray, **more: Any) -> dict[str, Any]:
    trace = Trace()
    trace.append(Event(0, 0, "forward", "x", tuple("abc"[: value.ndim]), value, **more))
    line = strict(list(json_lines(trace))[1])
    VALIDATOR.validate(line)
    return line


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
        "notice": "",
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


def test_a_complex_number_is_the_pair_of_its_parts() -> None:
    assert lines(np.array([1 + 2j, complex(0, -np.inf)]))["value"] == [[1, 2], [0, None]]
    assert lines(np.array(3j))["value"] == [0, 3]


def test_a_plain_number_that_is_not_finite_is_null() -> None:
    assert lines(np.zeros(1), numbers={"fill": -np.inf, "start": 3})["numbers"] == {"fill": None, "start": 3}
    head = strict(next(json_lines(Trace(dimensions={"d_model": 4, "epsilon": np.nan, "dtype": np.float32}))))
    assert head["dimensions"] == {"d_model": 4, "epsilon": None, "dtype": str(np.float32)}


def test_a_gradient_is_written_where_there_is_one() -> None:
    assert lines(np.zeros(2), gradient=np.array([0.5, np.nan]))["gradient"] == [0.5, None]
    assert "gradient" not in lines(np.zeros(2))


def test_the_description_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(DESCRIPTION)


@pytest.mark.parametrize("run", ["train", "pre-norm", "cached", "forced"])
def test_every_line_is_as_described(run: str, runs: dict[str, Trace]) -> None:
    for line in json_lines(runs[run]):
        VALIDATOR.validate(strict(line))


def test_every_name_a_line_can_have_is_described(runs: dict[str, Trace]) -> None:
    odd = lines(np.array([np.inf, -np.inf, np.nan]), gradient=np.zeros(3))
    head = strict(next(json_lines(runs["forced"])))
    assert odd.keys() == DESCRIPTION["$defs"]["event"]["properties"].keys()
    assert head.keys() == DESCRIPTION["$defs"]["trace"]["properties"].keys()


def change(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda line: line.update(changes)


@pytest.mark.parametrize(
    "spoil",
    [
        dict.clear,
        lambda line: line.pop("kind"),
        lambda line: line.pop("value"),
        lambda line: line.pop("labels"),
        change(kind="trace"),
        change(order=-1),
        change(order=1.5),
        change(order="1"),
        change(path=""),
        change(axes="token"),
        change(shape=[-1]),
        change(inputs={"x": None}),
        change(numbers={"start": "0"}),
        change(labels={"token": ["i", "am"]}),
        change(value="NaN"),
        change(value=[0, "1"]),
        change(value={"0": 1}),
        change(masked=0),
        change(extra=1),
    ],
)
def test_a_broken_line_of_an_event_is_not_as_described(spoil: Callable, runs: dict[str, Trace]) -> None:
    line = strict(list(json_lines(runs["forced"]))[1])
    VALIDATOR.validate(broken := deepcopy(line))
    spoil(broken)
    with pytest.raises(ValidationError):
        VALIDATOR.validate(broken)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"schema": None},
        {"phases": "forward"},
        {"phases": ["forward", "forward"]},
        {"dimensions": []},
        {"vocabularies": {"source": [1]}},
        {"notice": None},
        {"kind": "event"},
        {"value": 0},
    ],
    ids=str,
)
def test_a_broken_first_line_is_not_as_described(changes: dict[str, Any], runs: dict[str, Trace]) -> None:
    head = strict(next(json_lines(runs["forced"])))
    with pytest.raises(ValidationError):
        VALIDATOR.validate(head | changes)
