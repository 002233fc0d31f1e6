"""The metrics file: strict, appended to, and good after a kill at any byte."""

import json
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetf.training.metrics import append, cut_after, read_metrics


def written(path, count=6):
    for step in range(1, count + 1):
        append(path, kind="step", step=step, loss=1 / step)
    return path.read_bytes()


def test_lines_are_strict_json_in_which_what_is_not_finite_is_null(tmp_path):
    append(tmp_path / "m", step=1, loss=nan, best=inf, words="나")
    [line] = (tmp_path / "m").read_text("utf-8").splitlines()
    assert json.loads(line, parse_constant=pytest.fail) == {
        "step": 1,
        "loss": None,
        "best": None,
        "words": "나",
    }


def test_a_line_is_in_the_file_as_soon_as_it_is_written(tmp_path):
    append(tmp_path / "m", step=1)
    assert read_metrics(tmp_path / "m") == [{"step": 1}]


def test_a_second_writer_appends(tmp_path):
    written(tmp_path / "m", 2)
    written(tmp_path / "m", 1)
    assert [line["step"] for line in read_metrics(tmp_path / "m")] == [1, 2, 1]


@given(st.data())
def test_a_file_broken_off_at_any_byte_loses_one_line_at_most(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("metrics") / "m"
    whole = written(path)
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    steps = [line["step"] for line in read_metrics(path)]
    assert steps == list(range(1, whole[:cut].count(b"\n") + 1))
    cut_after(path, 3)
    assert [line["step"] for line in read_metrics(path)] == steps[:3]
    written(path)
    assert [line["step"] for line in read_metrics(path)] == [*steps[:3], *range(1, 7)]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"loss": 1}', '{"step": true}', "[" * 100_000, "\xff"])
def test_a_line_in_the_middle_that_is_no_metrics_is_named(tmp_path, line):
    (tmp_path / "m").write_text(f'{{"step": 1}}\n{line}\n{{"step": 3}}\n', encoding="latin-1")
    with pytest.raises(ValueError, match=r"line 2 of .*m says no metrics: .*; each is a JSON object such as"):
        read_metrics(tmp_path / "m")


def test_nothing_kept_is_nothing_cut(tmp_path):
    cut_after(tmp_path / "m", 0)
    assert read_metrics(tmp_path / "m") == []
