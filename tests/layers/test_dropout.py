from collections.abc import Callable
from math import nan

import pytest
import torch
from torch import Tensor
from torch.nn.functional import dropout

from tracetf.layers.dropout import Dropout, draws


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 4)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_is_distributed_as_torchs(p: float) -> None:
    ones = torch.ones(100_000, 1, 1)
    for kept in (Dropout(p)(ones), dropout(ones, p)):
        assert (kept == 0).float().mean().item() == pytest.approx(p, abs=0.01)
        assert kept.mean().item() == pytest.approx(1, abs=0.03)
        assert kept.max().item() == pytest.approx(1 / (1 - p))


def test_dropout_is_the_input_where_it_was_kept(x: Tensor, seen: Callable) -> None:
    step = seen(Dropout(0.25), x)
    torch.testing.assert_close(step["dropped"], torch.where(step["kept"], x / 0.75, 0))


def test_every_call_draws_anew() -> None:
    x, layer = torch.ones(1, 10, 10), Dropout(0.5)
    assert not torch.equal(layer(x), layer(x))


@pytest.mark.parametrize("layer", [Dropout(0.5).eval(), Dropout(0), Dropout(0).eval()], ids=repr)
def test_dropout_hands_on_its_very_input_in_evaluation_or_at_zero(layer: Dropout, x: Tensor) -> None:
    state = torch.get_rng_state()
    assert layer(x) is x
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, nan])
def test_what_is_no_probability_is_refused(p: float) -> None:
    with pytest.raises(
        ValueError, match=rf"dropout p={p} is not a probability in 0 ≤ p < 1; the paper takes 0\.1"
    ):
        Dropout(p)


def test_dropout_shows_its_draw_and_its_result_in_training(x: Tensor, watched: Callable) -> None:
    assert list(watched("dropout", Dropout(0.5), x).items()) == [
        ("dropout.kept", "batch token d_model"),
        ("dropout.dropped", "batch token d_model"),
    ]


def test_dropout_shows_nothing_in_evaluation(x: Tensor, watched: Callable) -> None:
    assert watched("dropout", Dropout(0.5).eval(), x) == {}


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (2, 0, 4)])
def test_there_is_a_draw_for_every_number(shape: tuple[int, ...]) -> None:
    assert draws(torch.zeros(shape)).shape == shape


def test_draws_are_even() -> None:
    counts = torch.bincount(draws(torch.zeros(1, 1000, 512)).flatten().int() + 2**15, minlength=2**16)
    # Of 512,000 draws each of 65,536 numbers gets 7.8 on average; χ² has that many degrees of freedom.
    chi_square = ((counts - 7.8125) ** 2 / 7.8125).sum().item()
    assert chi_square == pytest.approx(2**16 - 1, abs=6 * (2 * 2**16) ** 0.5)


def test_a_dropout_of_almost_everything_keeps_almost_nothing() -> None:
    assert Dropout(0.999999)(torch.ones(100, 10, 10)).count_nonzero() < 20
