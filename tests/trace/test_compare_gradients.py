"""What `compare` says of two runs whose steps agree and whose gradients may not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tracetf.recorder import record
from tracetf.trace import Trace
from tracetf.trace.compare import compare
from tracetf.trace.file import read_trace

LAST = "decoder.layers.1.cross_attention"


class Hurried(torch.autograd.Function):
    """Pass a gradient on at twice its size."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return 2 * gradient


@pytest.fixture
def learned(build: Callable, source: Tensor, target: Tensor) -> Callable[..., Trace]:
    """Return a function that records a run and its way back."""

    def learned(backward: bool = True) -> Trace:
        with record(model := build()) as trace:
            loss = model(source, target).square().mean()
            if backward:
                loss.backward()
        return trace

    return learned


def test_gradients_that_agree_are_counted(learned: Callable[..., Trace]) -> None:
    a, b = learned(), learned()
    gradients = sum(event.gradient is not None for event in a)
    assert a == b
    assert str(compare(a, b)) == f"equal: {len(a)} steps and {gradients} gradients agree within 2e−5"


def test_where_one_run_went_forward_alone_there_are_none_to_compare(learned: Callable[..., Trace]) -> None:
    a, b = learned(), learned(backward=False)
    assert str(compare(a, b)) == str(compare(b, a)) == f"equal: {len(a)} steps agree within 2e−5"


@pytest.mark.parametrize(
    ("softmax", "step", "cause", "told"),
    [
        (lambda right: lambda x, dim: right(x.detach(), dim), "weights", "cut", "but in one of the runs no"),
        (
            lambda right: lambda x, dim: right(Hurried.apply(x), dim),
            "masked",
            "after",
            "and so do the gradients",
        ),
        (
            lambda right: lambda x, dim: Hurried.apply(right(x, dim)),
            "masked",
            "after",
            "and so do the gradients",
        ),
    ],
    ids=["cut off", "doubled before the softmax", "doubled after it"],
)
def test_the_first_gradient_on_the_way_back_that_differs_is_named(
    softmax: Any,
    step: str,
    cause: str,
    told: str,
    learned: Callable[..., Trace],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    a = learned()
    monkeypatch.setattr(torch, "softmax", softmax(torch.softmax))
    learned().save(tmp_path / "b.safetensors")
    comparison = compare(a, read_trace(tmp_path / "b.safetensors"))
    assert not comparison
    first, path = comparison.first, f"{LAST}.{step}"
    assert (first.path, first.phase, first.cause) == (path, "gradient", cause)
    assert first.values[0] == a[path].gradient[first.index]
    lines = str(comparison).splitlines()
    assert lines[0].startswith(f"{path} (gradient) is the first that differs: ")
    assert lines[1].startswith(f"All steps of the way forward agree, {told}")
    assert "  gradient decoder.layers.1: Δ " in str(comparison)


def test_in_a_training_step_the_gradient_is_found_before_what_is_made_of_it(
    pupil: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stepped() -> Trace:
        learner = pupil()
        with record(learner.model) as trace:
            learner.step()
        return trace

    a, right = stepped(), torch.softmax
    monkeypatch.setattr(torch, "softmax", lambda x, dim: Hurried.apply(right(x, dim)))
    comparison = compare(a, stepped())
    assert comparison.first.path.endswith("cross_attention.masked")
    assert {pair.event.phase for pair in comparison.pairs if not pair.agrees} == {
        "gradient",
        "backward",
        "update",
    }


def test_gradients_of_nothing_but_nan_differ_from_numbers(learned: Callable[..., Trace]) -> None:
    a, b = learned(), Trace()
    for event in a:
        lost = {} if event.gradient is None else {"gradient": np.full_like(event.gradient, np.nan)}
        b.append(event.holding(**lost))
    assert compare(a, b).first.path == compare(b, a).first.path == "output.logits"
    assert compare(b, b)


def test_of_runs_that_differ_the_gradients_are_not_compared(
    build: Callable, source: Tensor, target: Tensor, learned: Callable[..., Trace]
) -> None:
    with record(model := build(seed=1)) as other:
        model(source, target).square().mean().backward()
    comparison = compare(learned(), other)
    assert comparison.first.phase == "forward"
    assert comparison.gradients == 0


def test_a_gradient_is_measured_by_the_largest(learned: Callable[..., Trace]) -> None:
    a, b = learned(), learned()
    most = max(np.abs(event.gradient).max() for event in a if event.gradient is not None)
    event = b["encoder.embedded"]
    for factor, agrees in ((0.9, True), (1.1, False)):
        nudged = event.gradient.astype(np.float64)
        nudged[0, 0, 0] += factor * 2e-5 * most
        faulty = Trace(b.parameters)
        for one in b:
            faulty.append(one.holding(gradient=nudged) if one is event else one)
        assert bool(compare(a, faulty)) == agrees
