"""Somebody else's names held against ours."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetf.trace import Event, Trace
from tracetf.trace.compare import compare
from tracetf.trace.renaming import likely, renamed

THEIRS = {
    "enc": "encoder",
    "encoder.blocks.*.attn": "encoder.layers.*.self_attention",
    "*.att": "*.weights",
}
OURS = {
    "*.weights": "*.att",
    "encoder.layers.*.self_attention": "encoder.blocks.*.attn",
    "encoder": "enc",
}
ATTENTION = "encoder.layers.0.self_attention"


@pytest.fixture(scope="session")
def at(trace_of: Callable[..., Trace]) -> Callable[..., Trace]:
    """Return a function that makes a trace with an event at each path."""

    def at(*paths: str, phase: str = "forward") -> Trace:
        return trace_of(*(Event(i, 0, phase, path, (), np.zeros(())) for i, path in enumerate(paths)))

    return at


def paths(trace: Trace) -> list[str]:
    return [event.path for event in trace]


@pytest.mark.parametrize(
    ("path", "names", "renamed_to"),
    [
        ("enc.layer.Q", {"enc": "encoder"}, "encoder.layer.Q"),
        ("enc.layer.Q", {"enc.layer.Q": "query"}, "query"),
        ("encoding.Q", {"enc": "encoder", "encoding": "encoding"}, "encoding.Q"),
        ("model.enc.Q", {"model": ""}, "enc.Q"),
        ("enc.Q", {"*": "model.*"}, "model.enc.Q"),
        (
            "h.3.attn.c_attn",
            {"h.*.attn": "encoder.layers.*.self_attention"},
            f"{ATTENTION[:15]}3.self_attention.c_attn",
        ),
        ("a.b.c", {"*.b.*": "x.*.y.*"}, "x.a.y.c"),
        ("a.b", {"a": "b", "b.b": "c"}, "c"),
    ],
)
def test_names_stand_for_paths_and_for_how_they_begin(
    path: str, names: dict[str, str], renamed_to: str, at: Any
) -> None:
    assert paths(renamed(at(path, "enc.other"), names))[0] == renamed_to


def test_two_names_are_exchanged_by_way_of_a_third(at: Any) -> None:
    there = renamed(at("encoder.x", "decoder.x"), {"encoder": "_", "decoder": "encoder", "_": "decoder"})
    assert paths(there) == ["decoder.x", "encoder.x"]


@pytest.mark.parametrize("run", ["eval", "train", "cached"])
def test_renaming_there_and_back_changes_nothing(run: str, runs: dict[str, Trace], content: Any) -> None:
    theirs = renamed(runs[run], OURS)
    assert "enc.blocks.0.attn.att" in theirs
    assert "enc.blocks.0.attn.W_Q" in theirs.parameters
    assert content(renamed(theirs, THEIRS)) == content(runs[run])
    comparison = compare(runs[run], theirs, names=THEIRS)
    assert comparison
    assert comparison.compared == len(runs[run])


@given(piece=st.text("ab.", min_size=1).filter(lambda piece: ".." not in f".{piece}."))
def test_a_prefix_there_and_back_changes_nothing(piece: str, at: Any) -> None:
    trace = at("encoder.Q", "encoder.layers.1.K", "encoder")
    assert paths(renamed(renamed(trace, {"encoder": piece}), {piece: "encoder"})) == paths(trace)


def test_a_difference_is_told_in_our_names_with_theirs_beside(runs: dict[str, Trace], planted: Any) -> None:
    weights = runs["eval"][f"{ATTENTION}.weights"]
    theirs = renamed(planted(runs["eval"], weights, weights.value + 1), OURS)
    first = compare(runs["eval"], theirs, names=THEIRS).first
    assert (first.path, first.other.path) == (f"{ATTENTION}.weights", "enc.blocks.0.attn.att")
    assert first.cause == "here"
    assert [read.b for read in first.read] == [f"{ATTENTION}.masked"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            {"*.attn": "self_attention"},
            "'*.attn' has 1 * and its new name 'self_attention' has 0; "
            "give both as many, for each * stands for the same piece of a path",
        ),
        (
            {"endoder.layer": "encoder.layers"},
            "no path is called 'endoder.layer', which was to be 'encoder.layers'; "
            "nearest: encoder.layer, encoder.layer.Q, encoder.layer.K",
        ),
        (
            {"encoder.layer.Q": "x", "encoder.layer.K": "x"},
            "encoder.layer.Q and encoder.layer.K would both be called x; give each its own name",
        ),
        (
            {"*.Q": "*.K"},
            "encoder.layer.Q and encoder.layer.K would both be called encoder.layer.K; "
            "give each its own name",
        ),
    ],
)
def test_names_that_do_not_fit_are_refused(names: dict[str, str], message: str, at: Any) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        renamed(at("encoder.layer.Q", "encoder.layer.K"), names)


def test_nothing_was_recorded_that_could_be_renamed(at: Any) -> None:
    with pytest.raises(ValueError, match=r"nearest: nothing, for no event was recorded$"):
        renamed(at(), {"enc": "encoder"})


@pytest.mark.parametrize(
    ("theirs", "ours", "rule"),
    [
        ("enc.layers.0.attn.Q", "encoder.layers.0.attn.Q", ("enc", "encoder")),
        ("encoder.layers.0.attn.Q", f"{ATTENTION}.Q", ("*.attn", "*.self_attention")),
        (f"{ATTENTION}.att", f"{ATTENTION}.attended", ("*.att", "*.attended")),
        ("layers.0.Q", "encoder.layers.0.Q", ("layers", "encoder.layers")),
        ("encoder.layers.0.Q", "encoder.Q", ("encoder.layers.0", "encoder")),
        ("gru", "encoder.Q", None),
    ],
)
def test_a_likely_rule_is_found_and_does_what_it_says(
    theirs: str, ours: str, rule: tuple[str, str] | None, at: Any
) -> None:
    assert likely([theirs], ["decoder.z", ours]) == rule
    if rule:
        assert paths(renamed(at(theirs), dict([rule]))) == [ours]


def test_without_paths_there_is_no_rule() -> None:
    assert likely([], ["encoder.Q"]) is None
