from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import layer_norm
from torch.testing import assert_close

from tracetf.layers.norm import LayerNorm

D_MODEL, EPSILON = 12, 1e-5


@pytest.fixture
def x() -> Tensor:
    return 3 * torch.randn(2, 4, D_MODEL) + 1


@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_norm_is_what_torch_computes(epsilon: float, x: Tensor, stir: Callable) -> None:
    norm = stir(LayerNorm(D_MODEL, epsilon))
    expected = layer_norm(x, (D_MODEL,), norm.gamma, norm.beta, epsilon)
    assert_close(norm(x), expected, atol=2e-5, rtol=0)


def test_variance_is_biased_and_epsilon_stands_inside_the_root() -> None:
    one_hot = torch.tensor([[[1.0, 0, 0, 0]]])
    # With the unbiased variance the first number is 1.5; with ε outside the root, 1.7320108.
    assert LayerNorm(4, EPSILON)(one_hot)[0, 0, 0].item() == pytest.approx(1.7320046, abs=1e-6)
    assert LayerNorm(4, 1e-12)(one_hot)[0, 0, 0].item() == pytest.approx(3**0.5, abs=1e-6)


def test_two_four_six() -> None:
    normalized = LayerNorm(3, EPSILON)(torch.tensor([[[2.0, 4.0, 6.0]]]))
    assert normalized[0, 0].tolist() == pytest.approx([-1.2247, 0, 1.2247], abs=1e-4)


def test_every_word_gets_mean_zero_and_variance_one(x: Tensor) -> None:
    normalized = LayerNorm(D_MODEL, EPSILON)(x)
    assert_close(normalized.mean(dim=-1), torch.zeros(2, 4), atol=1e-6, rtol=0)
    assert_close(normalized.var(dim=-1, correction=0), torch.ones(2, 4), atol=1e-4, rtol=0)


@given(st.floats(0.5, 100), st.floats(-100, 100))
def test_shift_and_scale_of_the_input_change_nothing(scale: float, shift: float) -> None:
    torch.manual_seed(0)
    x, norm = torch.randn(1, 3, D_MODEL), LayerNorm(D_MODEL, EPSILON)
    assert_close(norm(scale * x + shift), norm(x), atol=2e-4, rtol=0)


def test_the_words_beside_it_do_not_matter(x: Tensor) -> None:
    norm, other = LayerNorm(D_MODEL, EPSILON), x.clone()
    other[0, 1:], other[1] = 99, -99
    assert torch.equal(norm(x)[0, 0], norm(other)[0, 0])


def test_a_word_of_equal_numbers_becomes_beta(stir: Callable) -> None:
    norm = stir(LayerNorm(D_MODEL, EPSILON))
    assert_close(norm(torch.full((1, 1, D_MODEL), 7.0))[0, 0], norm.beta.data)


def test_norm_shows_exactly_its_steps(x: Tensor, watched: Callable) -> None:
    assert list(watched("norm", LayerNorm(D_MODEL, EPSILON), x).items()) == [
        ("norm.mean", "batch token one"),
        ("norm.variance", "batch token one"),
        ("norm.normalized", "batch token d_model"),
        ("norm.output", "batch token d_model"),
    ]
