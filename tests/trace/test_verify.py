from collections.abc import Callable
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tracetf.decoding import greedy
from tracetf.layers import attention, embedding, positions
from tracetf.layers.norm import LayerNorm
from tracetf.recorder import record
from tracetf.steps import STEPS, Step
from tracetf.taps import tap
from tracetf.trace import Event, Trace, verify
from tracetf.trace.verify import difference
from tracetf.transformer import Transformer

COMPUTED = {key: step for key, step in STEPS.items() if step.compute}
every_step = pytest.mark.parametrize("step", COMPUTED.values(), ids=COMPUTED)


def found(step: Step, runs: dict[str, Trace]) -> tuple[Trace, Event]:
    """Return the last event of a step in the first run that has one."""
    return next(
        (trace, event) for trace in runs.values() for event in reversed(list(trace)) if event.step is step
    )


def nudged(value: np.ndarray) -> np.ndarray:
    """Change one number a little: turn a flag, take another id, add a thousandth."""
    if not value.size:
        return np.zeros_like(value, shape=(1, *value.shape[1:]))
    value = value.copy()
    place = np.flatnonzero(np.isfinite(value))[-1]
    value.flat[place] = value.flat[place] ^ 1 if value.dtype.kind in "bi" else value.flat[place] + 1e-3
    return value


@pytest.mark.parametrize(
    "run", ["eval", "train", "pre-norm", "pre-norm, train", "cached", "uncached", "forced", "learned"]
)
def test_every_step_of_a_run_is_recomputed(run: str, runs: dict[str, Trace]) -> None:
    report = verify(runs[run])
    assert report
    assert report.given == sum(event.step.compute is None for event in runs[run])
    assert report.checked == len(runs[run]) - report.given
    assert 0 < report.worst[0] < 2e-5


@every_step
def test_a_fault_in_any_step_is_the_first_to_disagree(
    step: Step, runs: dict[str, Trace], planted: Callable
) -> None:
    trace, event = found(step, runs)
    report = verify(planted(trace, event, nudged(event.value)))
    assert not report
    first, delta = report.disagreed[0]
    assert (first.order, first.path) == (event.order, event.path)
    assert delta == pytest.approx(1e-3, rel=0.01) or delta >= 1


@pytest.mark.parametrize("key", [key for key, step in COMPUTED.items() if step.fine])
def test_a_small_fault_among_small_numbers_is_found(
    key: str, runs: dict[str, Trace], planted: Callable
) -> None:
    trace, event = found(STEPS[key], runs)
    value = event.value.copy()
    value.flat[np.abs(value).argmax()] *= 1 + 1e-5
    assert verify(planted(trace, event, value)).disagreed[0][0].order == event.order


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@every_step
def test_a_number_that_is_none_is_found(
    step: Step, odd: float, runs: dict[str, Trace], planted: Callable
) -> None:
    trace, event = found(step, runs)
    if event.value.dtype.kind == "f" and event.value.size:
        value = event.value.copy()
        value.flat[np.flatnonzero(np.isfinite(value))[0]] = odd
        report = verify(planted(trace, event, value))
        assert report.disagreed[0][0].order == event.order


@every_step
def test_a_wrong_shape_is_found(step: Step, runs: dict[str, Trace], planted: Callable) -> None:
    trace, event = found(step, runs)
    for value in (event.value.reshape(-1)[:-1], event.value[None]):
        report = verify(planted(trace, event, value))
        assert report.disagreed[0][0].order == event.order


def test_an_id_beyond_the_vocabulary_is_no_reason_to_break_off(
    runs: dict[str, Trace], planted: Callable
) -> None:
    source = runs["eval"]["source"]
    assert not verify(planted(runs["eval"], source, source.value + 100))


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        ((attention, "sqrt", lambda d_k: 1), "self_attention.scaled"),
        ((attention, "sqrt", lambda d_k: float(d_k)), "self_attention.scaled"),
        ((embedding, "sqrt", lambda d_model: 1), "embedding.scaled"),
        ((torch, "softmax", lambda x, dim: nn.functional.softmax(x, dim=-2)), "self_attention.weights"),
        ((torch, "relu", nn.functional.gelu), "feed_forward.activated"),
        ((attention, "inf", 1e5), "self_attention.masked"),
        ((positions, "sinusoid", lambda n, d: 0 * torch.zeros(n, d)), "positions.waves"),
    ],
    ids=[
        "no √d_k",
        "d_k for √d_k",
        "no √d_model",
        "softmax over queries",
        "another activation",
        "finite mask",
        "no waves",
    ],
)
def test_a_classic_fault_is_named_at_its_step(
    fault: tuple[Any, str, Any], step: str, build: Callable, source: Tensor, target: Tensor, monkeypatch: Any
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(*fault)
        with record(model := build()) as trace:
            model(source, target)
    assert verify(trace).disagreed[0][0].path.endswith(step)


class Unbiased(LayerNorm):
    """Divide by d_model − 1."""

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True)
        normalized = (x - mean) / torch.sqrt(variance + self.epsilon)
        output = self.gamma * normalized + self.beta
        tap(mean=mean, variance=variance, normalized=normalized, output=output)
        return output


class Outside(LayerNorm):
    """Add ε to the root instead of under it."""

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
        normalized = (x - mean) / (torch.sqrt(variance) + self.epsilon)
        output = self.gamma * normalized + self.beta
        tap(mean=mean, variance=variance, normalized=normalized, output=output)
        return output


@pytest.mark.parametrize(("faulty", "step"), [(Unbiased, "variance"), (Outside, "normalized")])
def test_a_faulty_norm_is_named_at_its_step(
    faulty: type[LayerNorm], step: str, model: Transformer, source: Tensor, target: Tensor
) -> None:
    model.encoder.layers[1].feed_forward_norm = faulty(12, epsilon=1e-3)
    with record(model) as trace:
        model(source, target)
    assert verify(trace).disagreed[0][0].path == f"encoder.layers.1.feed_forward_norm.{step}"


@pytest.mark.parametrize("cached", [True, False], ids=["cached", "uncached"])
def test_several_sentences_in_one_trace_are_recomputed_each_by_itself(
    cached: bool, model: Transformer, source: Tensor
) -> None:
    with record(model) as trace:
        for sentences in (source, source[:1, :3]):
            list(greedy(model, sentences, start=1, end=99, longest=2, cached=cached))
    assert verify(trace), str(verify(trace))


def test_an_empty_trace_is_not_verified() -> None:
    report = verify(Trace())
    assert not report
    assert str(report) == "0 of 0 steps recomputed"


def test_what_was_given_alone_is_not_verified(runs: dict[str, Trace]) -> None:
    ids = Trace()
    ids.append(runs["eval"]["source"])
    assert not verify(ids)
    assert verify(ids).given == 1


def test_a_trace_without_parameters_says_what_is_missing(runs: dict[str, Trace]) -> None:
    report = verify(replace(runs["eval"], parameters={}))
    assert not report
    assert not report.disagreed
    assert report.checked + len(report.unread) + report.given == len(runs["eval"])
    assert str(report).endswith("could not be: encoder.embedding.rows reads weight, which was not recorded")


@pytest.mark.parametrize("run", ["eval", "uncached"])
def test_a_narrowed_trace_says_what_is_missing(run: str, runs: dict[str, Trace]) -> None:
    whole = runs[run]
    narrow = Trace(whole.parameters, whole.constants)
    for event in whole.select("*.weights"):
        narrow.append(event)
    report = verify(narrow)
    assert not report
    assert str(report) == (
        f"0 of {len(narrow)} steps recomputed; {len(narrow)} could not be: "
        "encoder.layers.0.self_attention.weights reads masked, which was not recorded"
    )


def test_a_step_of_somebody_else_could_not_be_recomputed(model: Transformer) -> None:
    with record(model) as trace:
        tap(surprise=torch.zeros(1))
    assert not verify(trace)
    assert str(verify(trace)) == "0 of 1 steps recomputed; 1 could not be: surprise is in no table of steps"


def test_a_report_names_the_worst_step_and_the_first_that_disagrees(
    runs: dict[str, Trace], planted: Callable
) -> None:
    trace = runs["eval"]
    assert str(verify(trace)).startswith("133 of 133 steps recomputed, worst Δ ")
    event = trace["decoder.layers.1.cross_attention.scaled"]
    said = str(verify(planted(trace, event, event.value + 0.25)))
    assert said.startswith("131 of 133 steps recomputed, worst Δ ")
    assert said.endswith("; first that disagrees: decoder.layers.1.cross_attention.scaled (forward), Δ 0.25")


def test_tolerance_grows_with_the_numbers(runs: dict[str, Trace], planted: Callable) -> None:
    trace = runs["eval"]
    event = trace["output.logits"]
    off = planted(trace, event, event.value + 1e-4)
    assert not verify(off)
    assert verify(off, tolerance=1e-3)


@pytest.mark.parametrize(
    ("got", "expected", "delta"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        ([-np.inf, 1.0], [-np.inf, 1.0], 0),
        ([-np.inf], [np.inf], np.inf),
        ([0.0], [-np.inf], np.inf),
        ([np.nan], [0.0], np.inf),
        ([0.0], [[0.0]], np.inf),
        ([True, False], [True, True], 1),
        ([], [], 0),
        (sqrt(2), sqrt(2), 0),
    ],
)
def test_difference_is_the_largest_and_anything_odd_is_infinite(
    got: Any, expected: Any, delta: float
) -> None:
    assert difference(np.array(got), np.array(expected)) == delta
