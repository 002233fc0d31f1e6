from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import linear, relu
from torch.testing import assert_close

from tracetf.layers.feed_forward import FeedForward

D_MODEL, D_FF = 12, 7


@pytest.fixture
def network(stir: Callable) -> FeedForward:
    return stir(FeedForward(D_MODEL, D_FF))


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 4, D_MODEL)


def test_feed_forward_is_two_of_torchs_linear_maps_with_relu_between(network: FeedForward, x: Tensor) -> None:
    hidden = relu(linear(x, network.W_1.T, network.b_1))
    assert_close(network(x), linear(hidden, network.W_2.T, network.b_2), atol=2e-5, rtol=0)


def test_biases_begin_at_zero() -> None:
    network = FeedForward(D_MODEL, D_FF)
    assert not network.b_1.any()
    assert not network.b_2.any()


def test_each_word_goes_through_alone(network: FeedForward, x: Tensor) -> None:
    alone = torch.stack([network(x[:, [word]])[:, 0] for word in range(4)], dim=1)
    assert_close(network(x), alone, atol=1e-6, rtol=0)


def test_nothing_negative_is_passed_on(network: FeedForward, x: Tensor, seen: Callable) -> None:
    step = seen(network, x)
    assert (step["hidden"] < 0).any()
    assert torch.equal(step["activated"], step["hidden"].clamp(min=0))


def test_a_word_of_another_size_is_refused(network: FeedForward) -> None:
    with pytest.raises(RuntimeError, match="8x13 and 12x7"):
        network(torch.zeros(2, 4, D_MODEL + 1))


def test_feed_forward_shows_exactly_its_steps(network: FeedForward, x: Tensor, watched: Callable) -> None:
    assert list(watched("feed_forward", network, x).items()) == [
        ("feed_forward.hidden", "batch token d_ff"),
        ("feed_forward.activated", "batch token d_ff"),
        ("feed_forward.output", "batch token d_model"),
    ]
