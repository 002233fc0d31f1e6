from collections.abc import Callable
from math import sqrt

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear
from torch.testing import assert_close

from tracetf.layers.embedding import Embedding, Output

WORDS, D_MODEL = 11, 12


@pytest.fixture
def tokens() -> Tensor:
    return torch.tensor([[4, 5, 4], [10, 0, 1]])


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, D_MODEL)


def test_embedding_is_torchs_times_the_root_of_d_model(tokens: Tensor) -> None:
    ours = Embedding(WORDS, D_MODEL)
    assert_close(ours(tokens), embedding(tokens, ours.weight) * sqrt(D_MODEL), atol=2e-5, rtol=0)


def test_output_is_torchs_linear_map(x: Tensor) -> None:
    ours = Output(nn.Parameter(torch.randn(WORDS, D_MODEL)))
    assert_close(ours(x), linear(x, ours.weight), atol=2e-5, rtol=0)


def test_the_same_word_has_the_same_vector_wherever_it_stands(tokens: Tensor) -> None:
    vectors = Embedding(WORDS, D_MODEL)(tokens)
    assert torch.equal(vectors[0, 0], vectors[0, 2])
    assert not torch.equal(vectors[0, 0], vectors[0, 1])


def test_the_root_of_d_model_brings_rows_to_variance_one() -> None:
    layer = Embedding(500, 400)
    assert layer.weight.var().item() == pytest.approx(1 / 400, rel=0.02)
    assert layer(torch.arange(500)[None]).var().item() == pytest.approx(1, rel=0.02)


def test_a_logit_is_a_dot_product_with_the_words_own_row(x: Tensor) -> None:
    layer = Output(nn.Parameter(torch.randn(WORDS, D_MODEL)))
    assert layer(x)[1, 2, 7].item() == pytest.approx((x[1, 2] @ layer.weight[7]).item(), abs=2e-5)


def test_output_uses_the_very_weight_it_is_given() -> None:
    rows = Embedding(WORDS, D_MODEL)
    assert Output(rows.weight).weight is rows.weight


def test_a_word_beyond_the_vocabulary_is_refused() -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        Embedding(WORDS, D_MODEL)(torch.tensor([[WORDS]]))


def test_embedding_shows_exactly_its_steps(tokens: Tensor, watched: Callable) -> None:
    steps = watched("embedding", Embedding(WORDS, D_MODEL), tokens)
    assert list(steps.items()) == [
        ("embedding.rows", "batch token d_model"),
        ("embedding.scaled", "batch token d_model"),
    ]


def test_output_shows_exactly_its_step(x: Tensor, watched: Callable) -> None:
    layer = Output(nn.Parameter(torch.randn(WORDS, D_MODEL)))
    assert watched("output", layer, x) == {"output.logits": "batch token vocabulary"}
