"""Attention before the Transformer: one look a word, at the states of the encoder."""

from math import inf

import torch
from torch import Tensor, nn

from tracetf.layers.glorot import glorot
from tracetf.taps import tap


class DotScore(nn.Module):
    """Compare by dot product alone: Luong et al. 2015, equation 8, dot.

    Args:
        d_model: size of a state.
    """

    def __init__(self, d_model: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """Return how well each state of the decoder fits each of the encoder's.

        Shapes:
            x: batch query d_model
            memory: batch key d_model
            return: batch query key
        """
        scores = x @ memory.mT
        tap(scores=scores)
        return scores


class GeneralScore(nn.Module):
    """Compare through a matrix: Luong et al. 2015, equation 8, general.

    Args:
        d_model: size of a state.
    """

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.W_A = nn.Parameter(torch.empty(d_model, d_model))
        glorot(self.W_A, d_model, d_model)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """Return how well each state of the decoder fits each of the encoder's.

        Shapes:
            x: batch query d_model
            memory: batch key d_model
            return: batch query key
        """
        keys = memory @ self.W_A.mT
        scores = x @ keys.mT
        tap(keys=keys, scores=scores)
        return scores


class AdditiveScore(nn.Module):
    """Compare with a small network: Bahdanau et al. 2015, section A.1.2.

    Args:
        d_model: size of a state, and of the network's hidden layer.
    """

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.W_Q = nn.Parameter(torch.empty(d_model, d_model))
        self.W_K = nn.Parameter(torch.empty(d_model, d_model))
        self.v = nn.Parameter(torch.empty(d_model))
        for W in (self.W_Q, self.W_K):
            glorot(W, d_model, d_model)
        glorot(self.v, d_model, 1)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """Return how well each state of the decoder fits each of the encoder's.

        Shapes:
            x: batch query d_model
            memory: batch key d_model
            return: batch query key
        """
        matched = torch.tanh((x @ self.W_Q)[:, :, None] + (memory @ self.W_K)[:, None])
        scores = matched @ self.v
        tap(matched=matched, scores=scores)
        return scores


SCORES: dict[str, type[DotScore | GeneralScore | AdditiveScore]] = {
    "dot": DotScore,
    "general": GeneralScore,
    "additive": AdditiveScore,
}


class GlobalAttention(nn.Module):
    """Let each state of the decoder look at all of the encoder's: Luong et al. 2015, section 3.1.

    Args:
        d_model: size of a state.
        compare: how the two are compared, `dot`, `general` or `additive`.
    """

    def __init__(self, d_model: int, compare: str) -> None:
        super().__init__()
        self.compare = f"{compare}_score"
        self.add_module(self.compare, SCORES[compare](d_model))
        self.W_C = nn.Parameter(torch.empty(2 * d_model, d_model))
        glorot(self.W_C, 2 * d_model, d_model)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Return each state of the decoder, mixed with what it found.

        Shapes:
            x: batch query d_model
            memory: batch key d_model
            mask: batch 1 key
            return: batch query d_model
        """
        scores = self.get_submodule(self.compare)(x, memory)
        masked = torch.where(mask, scores, -inf)
        weights = torch.softmax(masked, dim=-1)
        context = weights @ memory
        concat = torch.cat([context, x], dim=-1)
        attentional = torch.tanh(concat @ self.W_C)
        tap(masked=masked, weights=weights, context=context, concat=concat, attentional=attentional)
        return attentional
