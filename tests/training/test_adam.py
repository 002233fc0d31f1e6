"""Adam and clipping against torch's own, step by step; going on from a state, to the bit."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

from tracetf.training.adam import Adam
from tracetf.training.clip import clip
from tracetf.training.schedule import learning_rate

STEPS = 300
State = dict[str, torch.Tensor]


def made(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))


def backward(model: nn.Module, seed: int) -> None:
    """Leave the gradient of some loss, of very different sizes from step to step."""
    chance = torch.Generator().manual_seed(seed)
    x = 10 ** (seed % 4 - 2) * torch.randn(4, 5, generator=chance)
    model.zero_grad()
    (model(x) ** 2).sum().backward()


def learn(model: nn.Module, adam: Adam, steps: range) -> None:
    for step in steps:
        backward(model, step)
        adam.step(learning_rate(step, 1e-2, 50))


def weights(model: nn.Module) -> list[bytes]:
    return [weight.detach().numpy().tobytes() for weight in model.parameters()]


@pytest.mark.parametrize("numbers", [{}, {"beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-6}])
def test_many_steps_are_those_of_torch(numbers: dict[str, float]) -> None:
    ours, theirs = made().double(), made().double()
    adam = Adam(dict(ours.named_parameters()), **numbers)
    known = {"beta_1": 0.9, "beta_2": 0.98, "epsilon": 1e-9} | numbers
    reference = torch.optim.Adam(
        theirs.parameters(), betas=(known["beta_1"], known["beta_2"]), eps=known["epsilon"]
    )
    for step in range(1, STEPS + 1):
        for model in (ours, theirs):
            chance = torch.Generator().manual_seed(step)
            for weight in model.parameters():
                weight.grad = 10 ** (step % 4 - 3) * torch.randn(weight.shape, generator=chance).double()
        rate = learning_rate(step, 1e-2, 50)
        adam.step(rate)
        reference.param_groups[0]["lr"] = rate
        reference.step()
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-13, atol=1e-14)


def test_float32_stays_within_rounding_of_torch() -> None:
    ours, theirs = made(), made()
    adam = Adam(dict(ours.named_parameters()))
    reference = torch.optim.Adam(theirs.parameters(), betas=(0.9, 0.98), eps=1e-9)
    for step in range(1, STEPS + 1):
        backward(ours, step)
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            b.grad = a.grad.clone()
        adam.step(1e-3)
        reference.param_groups[0]["lr"] = 1e-3
        reference.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=2e-6)


def test_at_the_first_step_every_weight_moves_by_the_learning_rate() -> None:
    model = made()
    before = [weight.detach().clone() for weight in model.parameters()]
    backward(model, 3)
    signs = [weight.grad.sign() for weight in model.parameters()]
    Adam(dict(model.named_parameters())).step(1e-3)
    for was, sign, weight in zip(before, signs, model.parameters(), strict=True):
        torch.testing.assert_close(weight.detach(), was - 1e-3 * sign, rtol=0, atol=1e-6)


def test_going_on_from_a_state_gives_the_same_bits() -> None:
    through, stopped = made(), made()
    learn(through, Adam(dict(through.named_parameters())), range(1, 21))
    first = Adam(dict(stopped.named_parameters()))
    learn(stopped, first, range(1, 11))
    kept = {name: tensor.clone() for name, tensor in first.state().items()}
    again = made(seed=1)
    again.load_state_dict(stopped.state_dict())
    second = Adam(dict(again.named_parameters()))
    second.restore(kept)
    learn(again, second, range(11, 21))
    assert weights(again) == weights(through)
    assert second.state()["steps"].item() == 20


def test_a_state_is_not_touched_by_going_on_from_it() -> None:
    model = made()
    adam = Adam(dict(model.named_parameters()))
    learn(model, adam, range(1, 3))
    kept = {name: tensor.clone() for name, tensor in adam.state().items()}
    other = Adam(dict(model.named_parameters()))
    other.restore(kept)
    before = {name: tensor.clone() for name, tensor in kept.items()}
    learn(model, other, range(3, 5))
    assert all(torch.equal(kept[name], tensor) for name, tensor in before.items())


@pytest.mark.parametrize(
    "spoil", [lambda state: state.popitem(), lambda state: state.update(odd=torch.ones(1))]
)
def test_the_state_of_other_parameters_is_refused(spoil: Callable[[State], object]) -> None:
    adam = Adam(dict(made().named_parameters()))
    spoil(state := adam.state())
    with pytest.raises(ValueError, match=r"the state of Adam does not fit .* at \w.*; take that of"):
        adam.restore(state)


def test_a_parameter_without_a_gradient_stays_as_it_is() -> None:
    model = made()
    backward(model, 0)
    model[0].weight.grad = None
    before = model[0].weight.detach().clone()
    Adam(dict(model.named_parameters())).step(1e-2)
    assert torch.equal(model[0].weight, before)
    assert not torch.equal(model[2].weight, made()[2].weight)


@pytest.mark.parametrize("largest", [1e-3, 0.5, 1e6, math.inf])
def test_clipping_is_that_of_torch(largest: float) -> None:
    ours, theirs = made(), made()
    for model in (ours, theirs):
        backward(model, 1)
    norm = clip(dict(ours.named_parameters()), largest)
    torch.testing.assert_close(norm, clip_grad_norm_(theirs.parameters(), largest))
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=2e-6, atol=0)


def test_the_norm_is_exact_however_many_numbers_there_are() -> None:
    weight = nn.Parameter(torch.zeros(5000, 500))
    weight.grad = 1e-3 * torch.randn(5000, 500)
    exact = weight.grad.double().norm().float()
    torch.testing.assert_close(clip({"weight": weight}), exact, rtol=5e-7, atol=0)


def test_a_gradient_within_bounds_keeps_its_bits() -> None:
    model = made()
    backward(model, 1)
    before = [weight.grad.clone() for weight in model.parameters()]
    clip(dict(model.named_parameters()), 1e9)
    assert all(torch.equal(a, b.grad) for a, b in zip(before, model.parameters(), strict=True))
