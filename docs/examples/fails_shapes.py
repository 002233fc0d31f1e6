"""Heads are split the wrong way: as many numbers in a head as there should be heads."""

import torch
from einops import rearrange
from torch import nn

import tracetf


class Attention(nn.Module):
    def __init__(self, d_model, heads):
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(d_model, 3 * d_model)

    def forward(self, x):
        split = "batch token (part head d_k) -> part batch head token d_k"
        Q, K, V = rearrange(self.project(x), split, part=3, d_k=self.heads)
        scores = Q @ K.mT / Q.shape[-1] ** 0.5
        weights = scores.softmax(dim=-1)
        heads = weights @ V
        tracetf.tap(Q=Q, K=K, V=V, scores=scores, weights=weights, heads=heads)
        return rearrange(heads, "batch head token d_v -> batch token (head d_v)")


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = Attention(d_model=12, heads=3)

    def forward(self, x):
        return x + self.attention(x)


def test_heads(trace):
    Encoder()(torch.randn(2, 5, 12))
    assert trace.shapes == {
        "attention.Q": "batch head=3 query d_k",
        "attention.K": "batch head key d_k",
        "attention.V": "batch head key d_v",
        "attention.scores": "batch head query key",
        "attention.weights": "batch head query key",
        "attention.heads": "batch head query d_v",
    }
