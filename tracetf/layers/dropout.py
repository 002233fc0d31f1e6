"""Dropout, written out so that the draw itself can be seen: section 5.4 of the paper."""

import torch
from torch import Tensor, nn

from tracetf.taps import tap


class Dropout(nn.Module):
    """Set numbers to zero at random in training and scale up the rest: Srivastava et al. 2014, section 10.

    Args:
        p: probability that a number is dropped, 0 ≤ p < 1.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"dropout p={p} is not a probability in 0 ≤ p < 1; the paper takes 0.1")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` as it is in evaluation, thinned out in training.

        Shapes:
            x: batch token d_model
            return: batch token d_model
        """
        if not self.training or self.p == 0:
            return x
        kept = torch.rand_like(x) >= self.p
        dropped = x * kept / (1 - self.p)
        tap(kept=kept, dropped=dropped)
        return dropped
