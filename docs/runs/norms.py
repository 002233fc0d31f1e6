"""Four ways to normalise one block of numbers: what is averaged over what."""

import numpy as np
import torch
from torch.nn import functional

import tracetf
from tracetf.layers.norm import LayerNorm

model = tracetf.load()
with tracetf.record(model) as trace:
    model.translate("I am a student")
PLACE = "encoder.layers.0.self_attention_norm"
added = trace["encoder.layers.0.self_attention_residual.added"].value[0]
normalized = trace[f"{PLACE}.normalized"].value[0]
output = trace[f"{PLACE}.output"].value[0]
gamma, beta = (trace.parameters[f"{PLACE}.{name}"] for name in ("gamma", "beta"))

THREE = torch.tensor([[[2.0, 4.0, 6.0]]])
by_hand = LayerNorm(3, 1e-5)(THREE)[0, 0].detach().numpy()
of_torch = functional.layer_norm(THREE, (3,))[0, 0].numpy()
hundredfold = LayerNorm(3, 1e-5)(100 * THREE)[0, 0].detach().numpy()

# one block: sentences, words, features
block = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
changed = block.clone()
changed[1] += 3  # the neighbour sentence alone
AXES = {"batch": (0, 1), "layer": (2,), "instance": (1,), "group": (1, 2)}


def normed(x: torch.Tensor, kind: str) -> torch.Tensor:
    """Return a block normalised: over the axes of this kind, groups of two features for `group`."""
    if kind == "group":
        halves = x.unflatten(-1, (2, 2))
        return standard(halves, (1, 3)).flatten(-2)
    return standard(x, AXES[kind])


def standard(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    """Return numbers with mean 0 and variance 1 over these axes."""
    mean, variance = x.mean(axes, keepdim=True), x.var(axes, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5)


moved = {kind: float((normed(changed, kind)[0] - normed(block, kind)[0]).abs().max()) for kind in AXES}
as_torch = {
    "batch": functional.batch_norm(block.transpose(1, 2), None, None, training=True).transpose(1, 2),
    "layer": functional.layer_norm(block, (4,)),
    "instance": functional.instance_norm(block.transpose(1, 2)).transpose(1, 2),
    "group": functional.group_norm(block.transpose(1, 2), 2).transpose(1, 2),
}
worst = max(float((normed(block, kind) - as_torch[kind]).abs().max()) for kind in AXES)
NAMES = [f"{sentence}, {word}" for sentence in ("A", "B") for word in ("1", "2", "3")]


def together(kind: str) -> np.ndarray:
    """Say where a number is averaged together with the first one of the block."""
    mask = torch.zeros(2, 3, 4)
    mask[tuple(slice(None) if axis in AXES[kind] else 0 for axis in range(3))] = 1
    if kind == "group":
        mask = torch.zeros(2, 3, 4)
        mask[0, :, :2] = 1
    return mask.flatten(0, 1).numpy().astype(bool)
