from math import sqrt

import pytest
import torch
from torch import nn

from tracetf.layers.attention import MultiHeadAttention
from tracetf.layers.feed_forward import FeedForward
from tracetf.layers.glorot import glorot


def test_weights_are_drawn_as_torchs_xavier() -> None:
    ours, torchs = torch.empty(300, 500), torch.empty(500, 300)
    glorot(ours, 300, 500)
    nn.init.xavier_uniform_(torchs)
    for W in (ours, torchs):
        assert W.var().item() == pytest.approx(2 / (300 + 500), rel=0.02)
        assert W.abs().max().item() == pytest.approx(sqrt(6 / (300 + 500)), rel=0.01)


@pytest.mark.parametrize(
    ("name", "fan"), [("W_Q", 48 + 80), ("W_K", 48 + 80), ("W_V", 48 + 160), ("W_O", 160 + 48)]
)
def test_attentions_weights_begin_as_one_linear_map_would(name: str, fan: int) -> None:
    W = getattr(MultiHeadAttention(48, heads=4, d_k=20, d_v=40), name)
    assert W.abs().max().item() == pytest.approx(sqrt(6 / fan), rel=0.01)


@pytest.mark.parametrize("name", ["W_1", "W_2"])
def test_feed_forwards_weights_begin_evenly(name: str) -> None:
    W = getattr(FeedForward(48, 100), name)
    assert W.abs().max().item() == pytest.approx(sqrt(6 / 148), rel=0.01)
