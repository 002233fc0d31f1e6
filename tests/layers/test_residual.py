from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import dropout

from tracetf.layers.residual import Residual


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 4, requires_grad=True)


@pytest.fixture
def update() -> Tensor:
    return torch.randn(2, 3, 4)


def test_residual_is_torchs_sum_in_evaluation(x: Tensor, update: Tensor) -> None:
    assert torch.equal(Residual(0.5).eval()(x, update), torch.add(x, dropout(update, 0.5, training=False)))


def test_only_the_update_is_thinned_out_in_training(x: Tensor, update: Tensor) -> None:
    left = Residual(0.5)(x, update) - x
    thinned = (left.abs() < 1e-6) | torch.isclose(left, 2 * update, atol=1e-5)
    assert thinned.all()
    assert 0 < (left.abs() < 1e-6).float().mean() < 1


def test_the_gradient_passes_the_sum_unchanged(x: Tensor, update: Tensor) -> None:
    Residual(0.5)(x, update).sum().backward()
    assert torch.equal(x.grad, torch.ones(2, 3, 4))


def test_what_does_not_fit_the_sum_is_refused(x: Tensor) -> None:
    with pytest.raises(RuntimeError, match="must match"):
        Residual(0.0)(x, torch.zeros(2, 3, 5))


def test_a_probability_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="dropout p=2 is not a probability"):
        Residual(2)


def test_residual_shows_exactly_its_step(x: Tensor, update: Tensor, watched: Callable) -> None:
    assert watched("residual", Residual(0.5).eval(), x, update) == {"residual.added": "batch token d_model"}


def test_residual_shows_the_draw_before_the_sum_in_training(
    x: Tensor, update: Tensor, watched: Callable
) -> None:
    assert list(watched("residual", Residual(0.5), x, update).items()) == [
        ("residual.dropout.kept", "batch token d_model"),
        ("residual.dropout.dropped", "batch token d_model"),
        ("residual.added", "batch token d_model"),
    ]
