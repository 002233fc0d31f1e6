"""Somebody's own attention against the reference; the scale is forgotten."""

import torch
from einops import rearrange
from torch import nn

import tracetf
from tracetf.layers.attention import MultiHeadAttention


class Attention(nn.Module):
    def __init__(self, d_model, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d_model, 3 * d_model, bias=False)
        self.out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x):
        split = "batch token (part head d) -> part batch head token d"
        q, k, v = rearrange(self.qkv(x), split, part=3, head=self.heads)
        att = torch.softmax(q @ k.mT, dim=-1)
        y = self.out(rearrange(att @ v, "batch head token d -> batch token (head d)"))
        tracetf.tap(q=q, k=k, v=v, att=att, y=y)
        return y


NAMES = {
    "attn": "self_attention",
    "*.q": "*.Q",
    "*.k": "*.K",
    "*.v": "*.V",
    "*.att": "*.weights",
    "*.y": "*.output",
}


def test_my_attention():
    torch.manual_seed(0)
    reference = MultiHeadAttention(d_model=8, heads=2, d_k=4, d_v=4)
    mine = Attention(d_model=8, heads=2)
    with torch.no_grad():
        W = reference.W_Q, reference.W_K, reference.W_V
        mine.qkv.weight.copy_(rearrange(list(W), "part head d_model d -> (part head d) d_model"))
        mine.out.weight.copy_(reference.W_O.T)

    x = torch.randn(1, 3, 8)
    with tracetf.record(nn.ModuleDict({"self_attention": reference})) as expected:
        reference(x, x, mask=torch.ones(1, 3, 3, dtype=torch.bool))
    with tracetf.record(nn.ModuleDict({"attn": mine})) as got:
        mine(x)
    comparison = tracetf.compare(expected, got, names=NAMES)
    assert comparison, str(comparison)
