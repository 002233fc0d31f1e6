"""Multi-head attention, section 3.2 of the paper."""

from math import inf, sqrt

import torch
from einops import rearrange
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
        Q = project(x, self.W_Q)
        tap(Q=Q)
        K, V = cache.again() if cache and cache.complete else self.keys_and_values(memory, cache)

        scores = Q @ K.mT
        scaled = scores / sqrt(self.d_k)
        masked = torch.where(rearrange(mask, "batch query key -> batch 1 query key"), scaled, -inf)
        weights = torch.softmax(masked, dim=-1)
        heads = weights @ V
        tap(scores=scores, scaled=scaled, masked=masked, weights=weights, heads=heads)

        concat = rearrange(heads, "batch head query d_v -> batch query (head d_v)")
        output = concat @ self.W_O
        tap(concat=concat, output=output)
        return output

    def keys_and_values(self, memory: Tensor, cache: Kept | None) -> tuple[Tensor, Tensor]:
        """Return the keys and values of `memory`, behind those that the cache keeps.

        Shapes:
            memory: batch new d_model
            return: batch head key d_k, batch head key d_v
        """
        K, V = project(memory, self.W_K), project(memory, self.W_V)
        tap(K=K, V=V)
        return (K, V) if cache is None else cache.extend(K, V)


def project(x: Tensor, W: Tensor) -> Tensor:
    """Multiply every word by the matrix of each head, of all heads in one product: section 3.2.2.

    Shapes:
        x: batch word d_model
        W: head d_model d
        return: batch head word d
    """
    heads, _, d = W.shape
    side_by_side = W.transpose(0, 1).flatten(1)
    return (x @ side_by_side).view(*x.shape[:2], heads, d).transpose(1, 2).contiguous()
