"""What was not compared, and why, word for word."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tracetf.trace import Event, Trace
from tracetf.trace.compare import compare
from tracetf.trace.renaming import renamed


@pytest.fixture
def narrow(trace_of: Callable[..., Trace]) -> Callable[[Trace, str], Trace]:
    """Return a function that keeps the events that match a glob."""
    return lambda trace, glob: trace_of(*trace.select(glob), like=trace)


def test_a_narrowed_run_is_compared_where_it_can_be_and_says_where_not(
    runs: dict[str, Trace], narrow: Any
) -> None:
    comparison = compare(runs["eval"], narrow(runs["eval"], "*.weights"))
    assert comparison
    assert len(comparison.missing_in_b) == 129
    assert comparison.missing_in_a == ()
    assert str(comparison).splitlines() == [
        "equal: 6 steps agree within 2e−5",
        "Not compared, only in a: 129 steps",
        "  source source_mask target target_mask",
        "  encoder.embedding: rows scaled",
        "  encoder.positions: waves",
        "  encoder: embedded",
        "  encoder.layers.*.self_attention: Q K V scores scaled masked heads concat output",
        "  encoder.layers.*.self_attention_residual: added",
        "  encoder.layers.*.self_attention_norm: mean variance normalized output",
        "  encoder.layers.*.feed_forward: hidden activated output",
        "  encoder.layers.*.feed_forward_residual: added",
        "  encoder.layers.*.feed_forward_norm: mean variance normalized output",
        "  decoder.embedding: rows scaled",
        "  … + 12",
    ]


def test_a_difference_in_a_narrowed_run_is_found_in_what_is_there(
    runs: dict[str, Trace], planted: Any, narrow: Any
) -> None:
    weights = runs["eval"]["decoder.layers.0.cross_attention.weights"]
    faulty = planted(runs["eval"], weights, weights.value + 1)
    for a, b in ((runs["eval"], narrow(faulty, "*.weights")), (narrow(runs["eval"], "*.weights"), faulty)):
        comparison = compare(a, b)
        assert comparison.first.path == weights.path
        assert comparison.first.cause == "unseen"


def test_phases_that_one_run_lacks_are_named_as_such(runs: dict[str, Trace], trace_of: Any) -> None:
    trace = runs["uncached"]
    for kept, told in (("decode 2", "decode 3, decode 4"), ("encode", "decode 1 … decode 4")):
        last = max(event.order for event in trace.select(phase=kept))
        shorter = trace_of(*(event for event in trace if event.order <= last), like=trace)
        lines = str(compare(trace, shorter)).splitlines()
        assert lines[1:] == [f"Not compared, only in a: {len(trace) - len(shorter)} steps", f"  {told}"]
        lines = str(compare(shorter, trace)).splitlines()
        assert lines[1:] == [f"Not compared, only in b: {len(trace) - len(shorter)} steps", f"  {told}"]


def test_steps_that_may_be_the_same_under_other_names_are_asked_about(runs: dict[str, Trace]) -> None:
    theirs = renamed(runs["eval"], {"*.self_attention": "*.attn"})
    lines = str(compare(runs["eval"], theirs)).splitlines()
    assert lines[0] == "equal: 95 steps agree within 2e−5"
    assert lines[-1] == (
        "If *.attn in b is *.self_attention in a, say so: "
        "--rename '*.attn=*.self_attention' (names= in Python)"
    )
    assert "  encoder.layers.*.attn: Q K V scores scaled masked weights heads concat output" in lines


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ([], [("x", "forward")], "a holds no step, so there is nothing to compare; record a run into it"),
        ([("x", "forward")], [], "b holds no step, so there is nothing to compare; record a run into it"),
        (
            [("x", "encode"), ("x", "decode 1")],
            [("x", "forward")],
            "the runs share paths but no phase: a has encode, decode 1, b has forward; "
            "record both in the same way",
        ),
        (
            [("x", "forward")],
            [("x", f"decode {word}") for word in range(1, 6)],
            "the runs share paths but no phase: a has forward, b has decode 1 … decode 5; "
            "record both in the same way",
        ),
        (
            [("encoder.x", "forward")],
            [("enc.x", "forward")],
            "no step of b is called as one of a: b has enc.x, a has encoder.x; "
            "say what is what: names={'enc': 'encoder'}, or --rename 'enc=encoder'",
        ),
        (
            [("encoder.x", "forward")],
            [("gru", "forward")],
            "no step of b is called as one of a: b has gru, a has encoder.x; "
            "say what is what: names={'theirs': 'ours'}, or --rename 'theirs=ours'",
        ),
    ],
)
def test_where_nothing_can_be_compared_it_is_said_why(a: Any, b: Any, told: str, trace_of: Any) -> None:
    runs = [
        trace_of(*(Event(i, 0, phase, path, (), np.zeros(())) for i, (path, phase) in enumerate(run)))
        for run in (a, b)
    ]
    comparison = compare(*runs)
    assert not comparison
    assert comparison.trouble == told
    assert str(comparison).splitlines()[0] == told
