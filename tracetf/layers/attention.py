"""Multi-head attention, section 3.2 of the paper."""

from math import inf, sqrt

import torch
from einops import einsum, rearrange
from torch import Tensor, nn

from tracetf.layers.cache import Kept
from tracetf.layers.glorot import glorot
from tracetf.taps import tap


class MultiHeadAttention(nn.Module):
    """Let every query look at every key it may see, in several heads at once: equation 1 and section 3.2.2.

    Self-attention when `memory` is `x` itself, cross-attention when it is the output of the encoder.

    Args:
        d_model: size of a word's vector, in and out.
        heads: how many ways of looking.
        d_k: size of one head's queries and keys.
        d_v: size of one head's values.
    """

    def __init__(self, d_model: int, heads: int, d_k: int, d_v: int) -> None:
        super().__init__()
        self.d_k = d_k
        self.W_Q = nn.Parameter(torch.empty(heads, d_model, d_k))
        self.W_K = nn.Parameter(torch.empty(heads, d_model, d_k))
        self.W_V = nn.Parameter(torch.empty(heads, d_model, d_v))
        self.W_O = nn.Parameter(torch.empty(heads * d_v, d_model))
        for W in (self.W_Q, self.W_K, self.W_V):
            glorot(W, d_model, heads * W.shape[-1])
        glorot(self.W_O, heads * d_v, d_model)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor, cache: Kept | None = None) -> Tensor:
        """Return for every word of `x` what its heads found in `memory`, mixed by `W_O`.

        Shapes:
            x: batch query d_model
            memory: batch key d_model
            mask: batch query key
            return: batch query d_model
        """
        Q = einsum(x, self.W_Q, "batch query d_model, head d_model d_k -> batch head query d_k")
        K = einsum(memory, self.W_K, "batch key d_model, head d_model d_k -> batch head key d_k")
        V = einsum(memory, self.W_V, "batch key d_model, head d_model d_v -> batch head key d_v")
        tap(Q=Q, K=K, V=V)
        if cache is not None:
            K, V = cache.extend(K, V)

        scores = einsum(Q, K, "batch head query d_k, batch head key d_k -> batch head query key")
        scaled = scores / sqrt(self.d_k)
        masked = scaled.masked_fill(~rearrange(mask, "batch query key -> batch 1 query key"), -inf)
        weights = torch.softmax(masked, dim=-1)
        heads = einsum(weights, V, "batch head query key, batch head key d_v -> batch head query d_v")
        tap(scores=scores, scaled=scaled, masked=masked, weights=weights, heads=heads)

        concat = rearrange(heads, "batch head query d_v -> batch query (head d_v)")
        output = einsum(concat, self.W_O, "batch query hd_v, hd_v d_model -> batch query d_model")
        tap(concat=concat, output=output)
        return output
