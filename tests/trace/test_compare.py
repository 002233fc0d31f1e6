"""What `compare` finds, and what it says of it, word for word."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetf.trace import Event, Trace
from tracetf.trace.compare import compare

SCALED = "decoder.layers.1.cross_attention.scaled"


@pytest.mark.parametrize("run", ["eval", "train", "pre-norm", "cached", "uncached", "forced"])
def test_a_run_equals_itself(run: str, runs: dict[str, Trace]) -> None:
    comparison = compare(runs[run], runs[run])
    assert comparison
    assert comparison.compared == len(runs[run])
    assert str(comparison) == f"equal: {len(runs[run])} steps agree within 2e−5"


@given(data=st.data(), factor=st.sampled_from([0.5, 0.9, 1.1, 100.0, -0.9, -1.1]))
def test_one_nudged_number_is_found_where_it_is_and_only_if_it_matters(
    data: st.DataObject, factor: float, runs: dict[str, Trace], planted: Callable[..., Trace]
) -> None:
    trace = runs["forced"]
    event = data.draw(st.sampled_from([e for e in trace if e.value.dtype.kind == "f"]))
    place = data.draw(st.sampled_from(list(np.flatnonzero(np.isfinite(event.value)))))
    value = event.value.astype(np.float64)
    delta = 2e-5 * factor * max(1.0, np.abs(value[np.isfinite(value)]).max())
    value.flat[place] += delta
    faulty = planted(trace, event, value)
    comparison = compare(trace, faulty)
    assert bool(comparison) == bool(compare(faulty, trace)) == (abs(factor) < 1)
    if comparison.first:
        assert (comparison.first.path, comparison.first.phase) == (event.path, event.phase)
        assert comparison.first.index == np.unravel_index(place, event.shape)
        assert comparison.first.count == 1
        assert comparison.first.delta == pytest.approx(abs(delta))
        for axis, i in zip(event.axes, comparison.first.index, strict=True):
            if axis in event.labels:
                assert f"{axis} '{event.labels[axis][0][i]}'" in comparison.first.place


def test_the_step_that_differs_first_is_told_with_all_that_it_read(changed: Any) -> None:
    a, b = changed(SCALED, {(0, 2, 3, 1): 1.25}, {(0, 2, 3, 1): 5, (0, 1, 3, 1): -0.5})
    comparison = compare(a, b)
    assert comparison.first.values == (1.25, 5)
    assert comparison.first.step.key == "attention.scaled"
    assert str(comparison).splitlines() == [
        f"{SCALED} (forward) is the first that differs: head 2, query '학생', key 'am': "
        "1.25 against 5.00, Δ 3.75 (2 of 90 numbers)",
        "All that it read agrees, so the fault is in this step:",
        "  ✓ scores  decoder.layers.1.cross_attention.scores",
        "  ✓ d_k     5",
        "How the difference goes on: the largest |Δ|, two blocks for each power of ten",
        "  forward decoder.layers.1: Δ 3.75, 1 of 38 steps",
    ]


def test_a_step_whose_weights_differ_is_not_blamed(
    runs: dict[str, Trace], planted: Callable[..., Trace]
) -> None:
    trace = runs["eval"]
    logits = trace["output.logits"]
    other = planted(trace, logits, logits.value + 1)
    other.parameters = {**trace.parameters, "output.weight": trace.parameters["output.weight"] + 1}
    assert str(compare(trace, other)).splitlines()[1:4] == [
        "What it read differs already, so the fault is not in this formula but in what it was given:",
        "  ✓ x       decoder.layers.1.feed_forward_norm.output",
        "  ✗ weight  output.weight, Δ 1",
    ]


def test_a_step_that_read_something_else_is_not_blamed(two_runs: Any) -> None:
    reference, pre = two_runs(changes={"norm": "pre"})
    [line] = [line for line in str(compare(reference, pre)).splitlines() if line.startswith("  ✗")]
    assert line.startswith(
        "  ✗ x    a reads encoder.embedded, b reads encoder.layers.0.self_attention_norm.output, Δ "
    )


def test_plain_numbers_that_a_step_read_are_exact(changed: Any) -> None:
    path = "encoder.layers.0.self_attention_norm.normalized"
    a, b = changed(path, {}, {(0, 0, 0): 1})
    b.constants = {**b.constants, "encoder.layers.0.self_attention_norm.epsilon": 2e-5}
    assert "  ✗ epsilon   a reads 1e−5, b reads 2e−5, Δ 1e−5" in str(compare(a, b)).splitlines()


def test_kept_keys_that_only_one_run_read_are_said(runs: dict[str, Trace], planted: Any) -> None:
    trace = runs["cached"]
    keys = trace["decoder.layers.0.self_attention.keys", "decode 3"]
    first = planted(trace, keys, keys.value + 1)
    start = replace(keys, inputs={name: order for name, order in keys.inputs.items() if "keys" not in name})
    a = Trace(trace.parameters, trace.constants)
    for event in trace:
        a.append(start if event is keys else event)
    assert "  ✗ cache.keys  a reads –, b reads decoder.layers.0.self_attention.keys" in str(compare(a, first))


def test_what_b_did_not_record_may_hide_the_fault_and_what_comes_before_it_does_not(
    runs: dict[str, Trace], without: Any, planted: Any
) -> None:
    trace = runs["eval"]
    weights = trace["encoder.layers.0.self_attention.weights"]
    theirs = without(planted(trace, weights, weights.value + 1), "*.masked", "*.scaled")
    theirs.constants = {}
    assert str(compare(trace, theirs)).splitlines()[1:5] == [
        "What it read agrees as far as it was recorded; the fault is in this step or in what was not "
        "recorded: masked, scaled, d_k",
        "  ✓ mask    source_mask",
        "  ✓ scores  encoder.layers.0.self_attention.scores",
        "How the difference goes on: the largest |Δ|, two blocks for each power of ten",
    ]


def test_weights_that_b_did_not_record_may_hide_the_fault(runs: dict[str, Trace], planted: Any) -> None:
    trace = runs["eval"]
    event = trace["encoder.layers.0.feed_forward.hidden"]
    theirs = planted(trace, event, event.value + 1)
    theirs.parameters = {}
    first = compare(trace, theirs).first
    assert (first.cause, first.unseen) == ("unseen", ("W_1", "b_1"))


def test_what_a_did_not_record_may_hide_the_fault(runs: dict[str, Trace], without: Any, planted: Any) -> None:
    trace = runs["eval"]
    weights = trace["encoder.layers.0.self_attention.weights"]
    theirs = planted(trace, weights, weights.value + 1)
    first = compare(without(trace, "*.masked"), theirs).first
    assert (first.cause, first.unseen, first.read[0].agrees) == ("unseen", ("masked",), None)


def test_of_a_step_in_no_table_it_is_not_known_what_it_read(single: Any) -> None:
    assert str(compare(single([0.0]), single([1.0]))).splitlines()[1] == (
        "This step is in no table, so it is not known what it read: the fault is in it or before it."
    )


def test_the_first_is_the_first_in_execution_and_not_the_largest(
    runs: dict[str, Trace], planted: Callable[..., Trace]
) -> None:
    trace = runs["eval"]
    late, early = trace["output.logits"], trace["encoder.layers.1.feed_forward.hidden"]
    faulty = planted(planted(trace, late, late.value + 9), early, early.value + 0.5)
    comparison = compare(trace, faulty)
    assert comparison.first.path == early.path
    assert [(layer.module, round(layer.delta, 3), layer.differing) for layer in comparison.growth] == [
        ("encoder.layers.1", 0.5, 1),
        ("output", 9, 1),
    ]
    assert [layer.module for layer in comparison.layers] == [
        *("source", "source_mask"),
        *("encoder.embedding", "encoder.positions", "encoder", "encoder.layers.0", "encoder.layers.1"),
        *("target", "target_mask"),
        *("decoder.embedding", "decoder.positions", "decoder", "decoder.layers.0", "decoder.layers.1"),
        "output",
    ]
    assert sum(layer.compared for layer in comparison.layers) == comparison.compared


def test_after_two_phases_the_difference_is_told_phase_by_phase(
    runs: dict[str, Trace], planted: Callable[..., Trace]
) -> None:
    trace = faulty = runs["uncached"]
    for phase in trace.phases:
        for event in trace.select("*.1.self_attention.weights", phase):
            faulty = planted(faulty, event, event.value + 1)
    growth = compare(trace, faulty).growth
    assert [(layer.phase, layer.module) for layer in growth] == [
        ("encode", "encoder.layers.1"),
        ("decode 1", "decoder.layers.1"),
        *((f"decode {word}", "") for word in (2, 3, 4)),
    ]
    assert growth[2].compared == len(trace.select(phase="decode 2"))


def test_ids_have_no_delta(runs: dict[str, Trace], planted: Callable[..., Trace]) -> None:
    trace = runs["uncached"]
    choice = trace["choice", "decode 4"]
    told = str(compare(trace, planted(trace, choice, choice.value + 1)))
    assert told.splitlines()[-1] == "  decode 4 choice: 1 of 1 steps"


def test_steps_that_come_several_times_are_taken_in_turn(trace_of: Callable[..., Trace]) -> None:
    def run(*numbers: float) -> Trace:
        return trace_of(*(Event(i, 0, "forward", "x", (), np.array(n)) for i, n in enumerate(numbers)))

    assert compare(run(1.0, 2.0), run(1.0, 2.0, 3.0)).compared == 2
    assert compare(run(1.0, 2.0), run(1.0, 5.0)).first.event.order == 1


@pytest.mark.parametrize("tolerance", [-1, np.nan, np.inf])
def test_a_tolerance_is_a_distance(tolerance: float, single: Callable[..., Trace]) -> None:
    with pytest.raises(
        ValueError, match=f"^tolerance={tolerance} is no distance; give 0 or more, 2e-5 suits"
    ):
        compare(single([1.0]), single([1.0]), tolerance)


def test_comparing_imports_no_torch() -> None:
    code = "import sys, tracetf, tracetf.views.difference; tracetf.compare; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
