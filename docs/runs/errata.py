"""What the errors of other implementations do to numbers."""

import numpy as np
import torch

from tracetf.layers.norm import LayerNorm
from tracetf.layers.positions import sinusoid

VECTOR = torch.tensor([[[1.0, 0, 0, 0]]])


def normed(biased: bool, inside: bool, epsilon: float = 1e-6) -> float:
    """Return the first number of (1, 0, 0, 0), normalised in one of the four ways in use."""
    centred = VECTOR - VECTOR.mean()
    variance = centred.square().sum() / (4 if biased else 3)
    root = torch.sqrt(variance + epsilon) if inside else torch.sqrt(variance) + epsilon
    return float((centred / root)[0, 0, 0])


ours = float(LayerNorm(4, 1e-6)(VECTOR)[0, 0, 0].detach())
of_torch = float(torch.nn.functional.layer_norm(VECTOR, (4,), eps=1e-6)[0, 0, 0])

# sine and cosine with an exponent doubled: columns 2i used as i
right = sinusoid(8, 8).numpy()
even = np.arange(0, 8, 2)
doubled = np.sin(np.arange(8)[:, None] / 10000 ** (2 * even / 8))
second_wave = {"right": float(2 * np.pi * 10000 ** (2 / 8)), "doubled": float(2 * np.pi * 10000 ** (4 / 8))}

# ε spread over other numbers of words
K, EPSILON = 5, 0.1
spread = {"K": EPSILON / K, "K − 1": EPSILON / (K - 1), "K − 2": EPSILON / (K - 2)}

# gradients of a batch in parts, each averaged by itself
LENGTHS = (3, 9)
generator = torch.Generator().manual_seed(0)
losses = [torch.rand(length, generator=generator) for length in LENGTHS]
of_all = float(torch.cat(losses).mean())
of_means = float(torch.stack([part.mean() for part in losses]).mean())
