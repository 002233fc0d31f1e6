"""Dropout, written out so that the draw itself can be seen: section 5.4 of the paper."""

from math import ceil

import torch
from torch import Tensor, nn

from tracetf.taps import tap


class Dropout(nn.Module):
    """Set numbers to zero at random in training and scale up the rest: Srivastava et al. 2014, section 10.

    Args:
        p: probability that a number is dropped, 0 ≤ p < 1; it is kept to a whole number of 1/65,536.
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
        kept = draws(x) >= min(round(self.p * 2**16), 2**16 - 1) - 2**15
        dropped = x * (kept / (1 - self.p))
        tap(kept=kept, dropped=dropped)
        return dropped


def draws(x: Tensor) -> Tensor:
    """Return a whole number for each of `x`, drawn evenly from −2¹⁵ to 2¹⁵ − 1.

    Four are cut from one draw of 64 bits, for in training draws cost more than the attention itself.

    Shapes:
        x: batch token d_model
        return: batch token d_model
    """
    bits = torch.randint(-(2**63), 2**63 - 1, (ceil(x.numel() / 4),), device=x.device)
    return bits.view(torch.int16)[: x.numel()].view(x.shape)
