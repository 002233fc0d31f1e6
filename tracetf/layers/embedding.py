"""From ids to vectors and back: section 3.4 of the paper."""

from math import sqrt

import torch
from torch import Tensor, nn

from tracetf.taps import tap


class Embedding(nn.Module):
    """Look up the vector of every word, times √d_model: section 3.4.

    The rows are drawn with variance 1/d_model so that they can serve as output weights too; √d_model
    brings them to the size of the positions they are added to.

    Args:
        vocabulary: number of words.
        d_model: size of a word's vector.
    """

    def __init__(self, vocabulary: int, d_model: int) -> None:
        super().__init__()
        self.d_model = d_model
        self.weight = nn.Parameter(torch.randn(vocabulary, d_model) / sqrt(d_model))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return one vector a word.

        Shapes:
            tokens: batch token
            return: batch token d_model
        """
        rows = self.weight[tokens]
        scaled = rows * sqrt(self.d_model)
        tap(rows=rows, scaled=scaled)
        return scaled


class Output(nn.Module):
    """Score every word of the vocabulary by its dot product with the decoder's vector: section 3.4.

    Args:
        weight: the target embedding's own weight, shared.
    """

    def __init__(self, weight: nn.Parameter) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, x: Tensor) -> Tensor:
        """Return one logit a word of the vocabulary.

        Shapes:
            x: batch token d_model
            return: batch token vocabulary
        """
        logits = x @ self.weight.T
        tap(logits=logits)
        return logits
