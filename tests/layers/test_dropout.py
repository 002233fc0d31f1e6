from collections.abc import Callable
from math import nan

import pytest
import torch
from torch import Tensor
from torch.nn.functional import dropout

from tracetf.layers.dropout import Dropout


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
