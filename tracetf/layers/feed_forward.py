"""The position-wise feed-forward network: section 3.3 of the paper."""

import torch
from torch import Tensor, nn

from tracetf.layers.glorot import glorot
from tracetf.taps import tap


class FeedForward(nn.Module):
    """Pass each word through the same two linear maps with a ReLU between: equation 2.

    Args:
        d_model: size of a word's vector, in and out.
        d_ff: size of the hidden layer.
    """

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        self.W_1 = nn.Parameter(torch.empty(d_model, d_ff))
        self.b_1 = nn.Parameter(torch.zeros(d_ff))
        self.W_2 = nn.Parameter(torch.empty(d_ff, d_model))
        self.b_2 = nn.Parameter(torch.zeros(d_model))
        glorot(self.W_1, d_model, d_ff)
        glorot(self.W_2, d_ff, d_model)

    def forward(self, x: Tensor) -> Tensor:
        """Return max(0, x W_1 + b_1) W_2 + b_2 for every word alone.

        Shapes:
            x: batch token d_model
            return: batch token d_model
        """
        hidden = x @ self.W_1 + self.b_1
        activated = torch.relu(hidden)
        output = activated @ self.W_2 + self.b_2
        tap(hidden=hidden, activated=activated, output=output)
        return output
