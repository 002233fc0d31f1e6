"""Gradients held against the chain rule: right ones agree, a wrong number is named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import tracetf
from tracetf.recorder import record
from tracetf.steps import STEPS
from tracetf.steps.table import room
from tracetf.taps import tap
from tracetf.trace import Event, Trace, verify
from tracetf.trace.file import read_trace
from tracetf.trace.gradients import RAW, recomputed
from tracetf.training.clip import gradients_of
from tracetf.training.loss import smoothed_loss
from tracetf.transformer import Transformer


def learned(model: Transformer, source: Tensor, target: Tensor, **options: Any) -> Trace:
    """Record a model that reads a batch with padding, and a backward pass through its loss."""
    with record(model, **options) as trace:
        expected = target.roll(-1, dims=1)
        tap(expected=expected)
        loss = smoothed_loss(model(source, target), expected, 0.1, model.padding, 6)
        model.zero_grad()
        loss.backward()
        gradients_of(dict(model.named_parameters()))
    return trace


def other_gradient(trace: Trace, event: Event, gradient: np.ndarray) -> Trace:
    """Copy a trace with the gradient of one event replaced."""
    kind = "value" if event.path.endswith(RAW) else "gradient"
    copy = Trace(trace.parameters, trace.constants, trace.dimensions, trace.vocabularies)
    for one in trace:
        copy.append(replace(one, **{kind: gradient}) if one.order == event.order else one)
    return copy


def gradient_of(event: Event) -> np.ndarray:
    return event.value if event.path.endswith(RAW) else event.gradient


@pytest.fixture(scope="module")
def trained(build: Callable[..., Transformer], source: Tensor, target: Tensor) -> Trace:
    with torch.random.fork_rng():
        return learned(build(train=True, dropout=0.1, layers=1), source, target)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "changes", [{}, {"train": True, "dropout": 0.2}, {"norm": "pre"}, {"d_model": 9, "d_k": 4}]
)
def test_every_gradient_follows_from_those_of_its_readers(
    seed: int,
    changes: dict[str, Any],
    build: Callable[..., Transformer],
    source: Tensor,
    target: Tensor,
) -> None:
    model = build(seed=seed, **changes)
    trace = learned(model, source, target)
    report = verify(trace)
    assert report, str(report)
    told = [event for event in trace if event.gradient is not None and event.path != "loss.loss"]
    assert report.gradients == len(told) + len(list(model.parameters()))
    assert report.gradients_worst[0] < 2e-6
    assert f"\n{report.gradients} of {report.gradients} gradients recomputed, worst Δ " in str(report)


@pytest.fixture(scope="module")
def checked(trained: Trace) -> list[Event]:
    return [event for event, _ in recomputed(trained) if gradient_of(event).any()]


@given(st.data())
def test_one_wrong_number_in_a_gradient_is_named(
    trained: Trace, checked: list[Event], data: st.DataObject
) -> None:
    event = data.draw(st.sampled_from(checked))
    gradient = gradient_of(event).copy()
    large = np.flatnonzero(np.abs(gradient) > 0.3 * np.abs(gradient).max())
    gradient.flat[data.draw(st.sampled_from(list(large)))] *= 1.001
    wrong = [one for one, _ in verify(other_gradient(trained, event, gradient)).gradients_disagreed]
    assert event.order in [one.order for one in wrong]


@pytest.mark.parametrize("fault", [lambda g: -g, lambda g: 2 * g, lambda g: 0 * g, lambda g: g + np.nan])
@pytest.mark.parametrize("path", ["decoder.embedding.weight" + RAW, "encoder.layers.0.self_attention.masked"])
def test_a_wrong_gradient_is_named_in_the_report(fault: Any, path: str, trained: Trace) -> None:
    event = trained[path]
    report = verify(other_gradient(trained, event, fault(gradient_of(event))))
    assert not report
    assert not report.disagreed
    assert event.order in [one.order for one, _ in report.gradients_disagreed]
    assert "; first that disagrees: " in str(report)


def test_a_backward_that_forgets_a_path_is_found(
    build: Callable[..., Transformer], source: Tensor, target: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = torch.softmax

    def detached(x: Tensor, dim: int) -> Tensor:
        weights = right(x, dim=dim)
        return weights + 0.1 * (weights.detach() - weights)  # the same numbers, a tenth of the slope missing

    monkeypatch.setattr(torch, "softmax", detached)
    report = verify(learned(build(), source, target))
    assert not report.disagreed
    assert {event.name for event, _ in report.gradients_disagreed} == {"masked"}


def test_a_trace_from_a_file_agrees_as_well(trained: Trace, tmp_path: Path) -> None:
    trained.save(tmp_path / "run.safetensors")
    report = verify(read_trace(tmp_path / "run.safetensors"))
    assert report, str(report)
    assert report.gradients == verify(trained).gradients


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"only": "*.weights"}, "not every step that a gradient came through was recorded"),
        ({"budget": 20_000}, "not every step that a gradient came through was recorded"),
        ({"statistics": True}, "only statistics were recorded"),
        ({"parameters": False}, "encoder.embedding.rows reads weight, which was not recorded"),
    ],
)
@pytest.mark.filterwarnings("ignore:recording stopped")
def test_a_narrowed_trace_says_why_gradients_cannot_be_told(
    options: dict[str, Any],
    missing: str,
    build: Callable[..., Transformer],
    source: Tensor,
    target: Tensor,
) -> None:
    report = verify(learned(build(), source, target, **options))
    assert not report
    assert not report.gradients_disagreed
    assert report.gradients == 0
    assert missing in report.gradients_unread[0][1]
    assert f"could not be: {report.gradients_unread[0][1]}" in str(report)


def test_a_gradient_of_ones_own_loss_is_given_at_its_beginning(
    build: Callable[..., Transformer], source: Tensor, target: Tensor
) -> None:
    model = build()
    with record(model) as trace:
        (model(source, target) ** 2).sum().backward()
    report = verify(trace)
    assert report, str(report)
    assert report.gradients == sum(event.gradient is not None for event in trace) - 1


def test_gradients_without_a_step_that_is_known_cannot_be_told() -> None:
    layer = nn.Linear(2, 2)
    with record(layer, modules=True) as trace:
        layer(torch.ones(1, 2)).sum().backward()
    report = verify(trace)
    assert report.gradients_unread == [(trace["output"], "what output read is not known")]


def test_gradients_that_were_never_backward_cannot_be_told() -> None:
    weight = nn.Parameter(torch.ones(2))
    weight.grad = torch.ones(2)
    with record() as trace:
        gradients_of({"weight": weight})
    [(event, missing)] = verify(trace).gradients_unread
    assert event.path == "weight.gradient.raw"
    assert missing == "not every step that a gradient came through was recorded"


@pytest.fixture
def bent():
    @tracetf.step("bend.bent", "row", formula="bent = |x| − 1", reads="x")
    def bent(x):
        return np.abs(x) - 1

    @tracetf.step("bend.sum", "", formula="sum = Σ bent²", reads="bent")
    def total(bent):
        return (bent**2).sum()

    yield
    del STEPS["bend.bent"], STEPS["bend.sum"]
    room.cache_clear()


class Bend(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.x = nn.Parameter(torch.tensor([1.5, 2e-8, -3.0, -0.25, 0.75]))

    def forward(self) -> Tensor:
        bent = self.x.abs() - 1
        total = (bent**2).sum()
        tap(bent=bent, sum=total)
        return total


@pytest.mark.parametrize("place", [None, 1, 3])
def test_a_step_of_ones_own_is_held_against_the_chain_rule_at_a_kink_too(
    bent: None, place: int | None
) -> None:
    model = nn.ModuleDict({"bend": Bend()})
    with record(model) as trace:
        model["bend"]().backward()
        if place is not None:
            model["bend"].x.grad[place] += 1e-3
        gradients_of(dict(model.named_parameters()))
    report = verify(trace)
    assert report.gradients == 2
    wrong = [] if place is None else ["bend.x.gradient.raw"]
    assert [event.path for event, _ in report.gradients_disagreed] == wrong
