"""One layer: what adds, what mixes, what works alone, and where the parameters are."""

import numpy as np
import torch

import tracetf
from tracetf.transformer import Transformer
from tracetf.whatifs import without

model = tracetf.load()
with tracetf.record(model) as trace:
    model.translate("I am a student")
LAYER = "encoder.layers.0"
size = trace.dimensions
words = trace["source", "encode"].labels["token"][0]


def count(*parts: str) -> int:
    """Return how many parameters parts of the layer have."""
    names = [
        name for name in trace.parameters if name.startswith(tuple(f"{LAYER}.{part}." for part in parts))
    ]
    return sum(trace.parameters[name].size for name in names)


counts = {
    "self_attention": count("self_attention"),
    "feed_forward": count("feed_forward"),
    "norms": count("self_attention_norm", "feed_forward_norm"),
}
whole = sum(counts.values())
paper = {"attention": 4 * 512 * 512, "feed_forward": 2 * 512 * 2048 + 2048 + 512}

# a head's output lies between the smallest and the largest value; feed-forward leaves that range
V, heads = (trace[f"{LAYER}.self_attention.{name}"].value[0] for name in ("V", "heads"))
inside = float(
    ((heads >= V.min(axis=1, keepdims=True) - 1e-6) & (heads <= V.max(axis=1, keepdims=True) + 1e-6)).mean()
)
hidden = trace[f"{LAYER}.feed_forward.hidden"].value[0]
off = (hidden <= 0).mean(axis=1)

# feed-forward knows no neighbours: change one word's vector and see which rows change
x = torch.tensor(trace[f"{LAYER}.self_attention_norm.output"].value)
changed = x.clone()
changed[0, 3] += 1
feed_forward, attention = (
    model.get_submodule(f"{LAYER}.feed_forward"),
    model.get_submodule(f"{LAYER}.self_attention"),
)
mask = torch.ones(1, 5, 5, dtype=torch.bool)
with torch.no_grad():
    moved = {
        "feed_forward": (feed_forward(changed) - feed_forward(x)).abs().amax(dim=-1)[0].numpy(),
        "self_attention": (attention(changed, changed, mask) - attention(x, x, mask))
        .abs()
        .amax(dim=-1)[0]
        .numpy(),
    }


def likeness(deep: Transformer) -> np.ndarray:
    """Return how alike the words are after each layer: the mean cosine of two."""
    layers = deep.dimensions.layers
    source = torch.randint(4, 20, (8, 7), generator=torch.Generator().manual_seed(1))
    with tracetf.record(deep, only="encoder.layers.*.feed_forward_norm.output", parameters=False) as run:
        deep.encode(source)
    outputs = np.stack([run[f"encoder.layers.{i}.feed_forward_norm.output"].value for i in range(layers)])
    units = outputs / np.linalg.norm(outputs, axis=-1, keepdims=True)
    cosines = np.einsum("lbid, lbjd -> lbij", units, units)
    return cosines[:, :, ~np.eye(7, dtype=bool)].mean(axis=(1, 2))


SMALL = tracetf.Dimensions(20, 20, d_model=64, heads=4, d_ff=128, layers=12, dropout=0)
torch.manual_seed(0)
untrained = Transformer(SMALL)
with_way, without_way = likeness(untrained), likeness(without(untrained, "residual"))
