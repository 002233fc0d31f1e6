"""Where a word stands, as a sum of waves: section 3.5 of the paper."""

import torch
from einops import rearrange
from torch import Tensor, nn

from tracetf.taps import tap


def sinusoid(length: int, d_model: int) -> Tensor:
    """Return the waves of every position, sine in even columns and cosine in odd ones: section 3.5.

    Args:
        length: number of positions.
        d_model: number of columns, even or odd.

    Shapes:
        return: length d_model
    """
    position = torch.arange(length, dtype=torch.float64)
    even = torch.arange(0, d_model, 2, dtype=torch.float64)
    angle = rearrange(position, "length -> length 1") / 10000 ** (even / d_model)
    waves = rearrange([angle.sin(), angle.cos()], "two length pair -> length (pair two)")
    return waves[:, :d_model].float()


class Positions(nn.Module):
    """Give each word the waves of its place: section 3.5.

    Args:
        longest: number of places there are waves for.
        d_model: size of a word's vector.
    """

    table: Tensor

    def __init__(self, longest: int, d_model: int) -> None:
        super().__init__()
        self.register_buffer("table", sinusoid(longest, d_model), persistent=False)

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """Return the waves of the places that the words of `x` take, the first of them at `start`.

        Shapes:
            x: batch token d_model
            return: token d_model

        Raises:
            ValueError: more words than there are places.
        """
        longest = len(self.table)
        end = start + x.shape[1]
        if end > longest:
            raise ValueError(
                f"{end} words, but the model has positions for {longest}; split the text into sentences"
            )
        waves = self.table[start:end]
        tap(waves=waves)
        return waves
