"""The sum around every sub-layer: section 3.1 of the paper."""

from torch import Tensor, nn

from tracetf.layers.dropout import Dropout
from tracetf.taps import tap


class Residual(nn.Module):
    """Add a sub-layer's output to what was there before: x + Dropout(Sublayer(x)), sections 3.1 and 5.4.

    Args:
        p: probability that a number of the sub-layer's output is dropped in training.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.dropout = Dropout(p)

    def forward(self, x: Tensor, update: Tensor) -> Tensor:
        """Return the sum of `x` and `update`.

        Shapes:
            x: batch token d_model
            update: batch token d_model
            return: batch token d_model
        """
        added = x + self.dropout(update)
        tap(added=added)
        return added
