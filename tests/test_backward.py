"""The gradients that a recording keeps."""

import gc
import weakref

import numpy as np
import pytest
import torch
from torch import nn

from tracetf.recorder import record
from tracetf.taps import tap


def test_after_a_backward_every_event_has_its_gradient(build, source, target):
    def loss(model):
        logits = model(source, target)
        return logits.square().mean(), logits

    model = build()
    plain, _ = loss(model)
    plain.backward()
    expected = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    model.zero_grad()
    with record(model) as trace:
        watched, logits = loss(model)
        watched.backward()
    assert torch.equal(watched, plain)
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter.grad, expected[name]), name
    by_hand = 2 * logits.detach().numpy() / logits.numel()
    assert np.allclose(trace["output.logits"].gradient, by_hand, atol=1e-7)
    for event in trace:
        if event.value.dtype == np.float32 and event.name != "waves":
            assert event.gradient.shape == event.value.shape, event.path
            assert np.isfinite(event.gradient).all(), event.path
        else:
            assert event.gradient is None, event.path


def test_without_a_backward_there_is_no_gradient(model, source, target):
    with record(model) as trace:
        model(source, target)
    assert all(event.gradient is None for event in trace)


@pytest.fixture
def weights():
    return torch.tensor([1.0, 2.0, 3.0], requires_grad=True)


def test_a_value_changed_in_place_has_the_gradient_of_what_it_was(weights):
    with record() as trace:
        doubled = weights * 2
        tap(doubled=doubled)
        doubled.mul_(5)
        tap(times_five=doubled)
        doubled.sum().backward()
    assert trace["doubled"].value.tolist() == [2, 4, 6]
    assert trace["doubled"].gradient.tolist() == [5, 5, 5]
    assert trace["times_five"].gradient.tolist() == [1, 1, 1]


def test_a_gradient_changed_in_place_later_stays_as_it_came(weights):
    def multiply(gradient):
        gradient.mul_(7)

    with record() as trace:
        doubled = weights * 2
        tap(doubled=doubled)
        doubled.register_hook(multiply)
        doubled.square().sum().backward()
    assert trace["doubled"].gradient.tolist() == [4, 8, 12]
    assert weights.grad.tolist() == [56, 112, 168]


def test_hooks_of_others_are_called_as_well(weights):
    came = []
    doubled = weights * 2
    doubled.register_hook(lambda gradient: came.append("before"))
    with record() as outer, record() as inner:
        tap(doubled=doubled, again=doubled, weights=weights)
        later = doubled.register_hook(lambda gradient: came.append("removed"))
        doubled.register_hook(lambda gradient: came.append("after"))
        later.remove()
        doubled.sum().backward()
    assert came == ["before", "after"]
    for trace in (outer, inner):
        assert [event.gradient.tolist() for event in trace] == [[1, 1, 1], [1, 1, 1], [2, 2, 2]]


def test_a_gradient_that_comes_after_the_recording_is_not_kept(weights):
    with record() as trace:
        tap(doubled=(doubled := weights * 2))
    doubled.sum().backward()
    assert trace["doubled"].gradient is None


@pytest.mark.parametrize("backward", [True, False], ids=["after a backward", "before any"])
def test_a_dropped_trace_leaves_no_garbage(build, source, target, backward):
    """A circle through torch's graph is none that Python could find: whatever is held, is held for good."""
    model: nn.Module = build()
    with record(model) as trace:
        logits = model(source, target)
        if backward:
            logits.sum().backward()
    gone = [weakref.ref(held) for held in (trace, logits)]
    gc.disable()
    try:
        del trace, logits
        assert [held() for held in gone] == [None, None]
    finally:
        gc.enable()
