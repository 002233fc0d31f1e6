"""What happens to a softmax when scores grow with d_k."""

import numpy as np
import torch

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
