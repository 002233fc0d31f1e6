"""Several heads: what is split, and what mixes them again."""

import numpy as np
import torch
from einops import rearrange

import tracetf
from tracetf.layers.attention import MultiHeadAttention

model = tracetf.load()
with tracetf.record(model) as trace:
    translation = model.translate("the poet likes an actor")
LAST = trace.phases[-1]
PLACE = "encoder.layers.0.self_attention"
event = trace[f"{PLACE}.weights"]
words = event.labels["query"][0]
Q, heads, concat = (trace[f"{PLACE}.{name}"].value[0] for name in ("Q", "heads", "concat"))

# each head reads all of x: h matrices of d_model × d_k, or one of d_model × (h d_k), cut afterwards
x = trace["encoder.embedded"].value[0]
W_Q = trace.parameters[f"{PLACE}.W_Q"]
side_by_side = rearrange(W_Q, "head d_model d_k -> d_model (head d_k)")
cut = rearrange(x @ side_by_side, "word (head d_k) -> head word d_k", head=len(W_Q))
projection_error = float(np.abs(cut - Q).max())

# what a reshape without moving the axis does
TOKENS = [f"{word}{head}" for word in "abc" for head in "12"]
right = [["a1", "a2"], ["b1", "b2"], ["c1", "c2"]]
by_head = np.array([[f"{word}{head}" for word in "abc"] for head in "12"])
wrong = by_head.reshape(3, 2).tolist()

# head by head: how much the logits of the next word change when its part of W_O is 0
PATH = "decoder.layers.1.cross_attention"
reference = trace["output.logits", LAST].value[0]


def without(head: int) -> float:
    """Return how far the logits move when one head hands over nothing."""
    attention = model.get_submodule(PATH)
    kept = attention.W_O.data.clone()
    attention.W_O.data[head * 16 : (head + 1) * 16] = 0
    with tracetf.record(model, only="output.logits") as run:
        model.force("the poet likes an actor", translation)
    attention.W_O.data = kept
    return float(np.abs(run["output.logits"].value[0] - reference).max())


moved = [without(head) for head in range(4)]

# sizes that do not agree, and do not need to
odd = MultiHeadAttention(d_model=16, heads=4, d_k=5, d_v=3)
with tracetf.record(torch.nn.ModuleDict({"self_attention": odd})) as free:
    odd(torch.randn(1, 6, 16), torch.randn(1, 7, 16), torch.ones(1, 6, 7, dtype=torch.bool))
shapes = {
    name: free[f"self_attention.{name}"].sizes for name in ("Q", "K", "V", "weights", "concat", "output")
}
