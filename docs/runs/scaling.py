"""What happens to a softmax when scores grow with d_k."""

import numpy as np
import torch
from torch import nn

import tracetf
from docs.live.narrow import labelled, narrowed
from tracetf.layers.attention import MultiHeadAttention
from tracetf.taps import phase, tap
from tracetf.trace import Trace

SIZES = (4, 16, 64, 256, 1024)
KEYS, DRAWS = 8, 1000
chance = torch.Generator().manual_seed(0)


def drawn(d_k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries and keys with mean 0 and variance 1."""
    return (
        torch.randn(DRAWS, d_k, generator=chance, dtype=torch.float64),
        torch.randn(DRAWS, KEYS, d_k, generator=chance, dtype=torch.float64),
    )


def measured(d_k: int) -> dict[str, float]:
    """Return what the scores and their softmax are like, without and with the scale."""
    query, keys = drawn(d_k)
    scores = torch.einsum("n d, n k d -> n k", query, keys)
    found = {"variance": float(scores.var()), "mean": float(scores.mean())}
    for name, used in (("plain", scores), ("scaled", scores / d_k**0.5)):
        weights = torch.softmax(used, dim=-1)
        # of the derivative diag(w) − w wᵀ, the largest number tells whether anything can still be learned
        slope = torch.diag_embed(weights) - weights[:, :, None] * weights[:, None, :]
        found[f"{name} largest"] = float(weights.max(dim=-1).values.mean())
        found[f"{name} slope"] = float(slope.flatten(1).norm(dim=-1).mean())
        found[f"{name} variance"] = float(used.var())
    return found


table = {d_k: measured(d_k) for d_k in SIZES}
rows = {name: [table[d_k][name] for d_k in SIZES] for name in table[4]}

ONE = torch.tensor([1.2, 0.4, -0.3, 0.9])
grown = np.stack([torch.softmax(ONE * factor, dim=-1).numpy() for factor in (1, 2, 4, 8, 16)])

# four queries and their keys, step by step, with and without the division
QUERIES, SHOWN = 4, (4, 64)


def attention(d_k: int, divisor: int) -> MultiHeadAttention:
    """Return attention that takes what it is given for queries and keys, and divides by √divisor."""
    layer = MultiHeadAttention(d_k, heads=1, d_k=d_k, d_v=1)
    layer.W_Q.data[0] = layer.W_K.data[0] = torch.eye(d_k)
    layer.d_k = divisor
    return layer


def watched() -> Trace:
    """Return the run that the page shows."""
    model = nn.ModuleDict(
        {
            f"d_k_{d_k}": nn.ModuleDict(
                {"plain_attention": attention(d_k, 1), "attention": attention(d_k, d_k)}
            )
            for d_k in SHOWN
        }
    )
    with tracetf.record(model, parameters=False) as trace, torch.no_grad():
        for d_k in SHOWN:
            queries, keys = (torch.randn(1, n, d_k, generator=chance) for n in (QUERIES, KEYS))
            with phase(f"d_k = {d_k}"):
                mask = torch.ones(1, 1, KEYS, dtype=torch.bool)
                tap("batch query key", mask=mask)
                for layer in model[f"d_k_{d_k}"].values():
                    layer(queries, keys, mask)
    names = {
        axis: tuple(f"{axis[0]}{i}" for i in range(n)) for axis, n in (("query", QUERIES), ("key", KEYS))
    }
    part = narrowed(
        trace, "mask", *(f"*.{name}" for name in ("Q", "K", "scores", "scaled", "masked", "weights"))
    )
    return labelled(part, **names)


trace = watched()
sharpest = {
    name: trace[f"d_k_64.{name}.weights"].value[0, 0].max(axis=-1)
    for name in ("plain_attention", "attention")
}
