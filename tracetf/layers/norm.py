"""Layer normalisation by hand: Ba et al. 2016."""

import torch
from torch import Tensor, nn

from tracetf.taps import tap


class LayerNorm(nn.Module):
    """Bring each word's vector to mean 0 and variance 1, then to γ and β: Ba et al. 2016, equations 3 and 4.

    The variance is the biased one (divided by d_model), and ε stands inside the root.

    Args:
        d_model: size of a word's vector.
        epsilon: what keeps the root from zero.
    """

    def __init__(self, d_model: int, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.gamma = nn.Parameter(torch.ones(d_model))
        self.beta = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Tensor) -> Tensor:
        """Return every word's vector normalised over its own features, whatever stands beside it.

        Shapes:
            x: batch token d_model
            return: batch token d_model
        """
        mean = x.mean(dim=-1, keepdim=True)
        centred = x - mean
        variance = centred.square().mean(dim=-1, keepdim=True)
        normalized = centred / torch.sqrt(variance + self.epsilon)
        output = self.gamma * normalized + self.beta
        tap(mean=mean, variance=variance, normalized=normalized, output=output)
        return output
