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
        cache = cache or Kept()
        Q = project(x, self.W_Q)
        tap(Q=Q)
        if cache.complete:
            K, V = cache.again()
        else:
            K, V = project(memory, self.W_K), project(memory, self.W_V)
            tap(K=K, V=V)
            K, V = cache.extend(K, V)

        scores = Q @ K.mT
        scaled = scores / sqrt(self.d_k)
        masked = torch.where(mask[:, None], scaled, -inf)
        weights = torch.softmax(masked, dim=-1)
        heads = weights @ V
        tap(scores=scores, scaled=scaled, masked=masked, weights=weights, heads=heads)

        concat = rearrange(heads, "batch head query d_v -> batch query (head d_v)")
        output = concat @ self.W_O
        tap(concat=concat, output=output)
        return output


def project(x: Tensor, W: Tensor) -> Tensor:
    """Multiply every word by each head's matrix, in one product: section 3.2.2.

    Shapes:
        x: batch word d_model
        W: head d_model d
        return: batch head word d
    """
    products = x @ rearrange(W, "head d_model d -> d_model (head d)")
    return rearrange(products, "batch word (head d) -> batch head word d", head=W.shape[0]).contiguous()
