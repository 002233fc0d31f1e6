"""Softmax over the last axis."""

import torch
from torch import Tensor

SHORT = 16


def softmax(x: Tensor) -> Tensor:
    """Return e^x / Σ e^x for every row: equation 1.

    On a CPU torch takes three times as long for rows shorter than its vectors as for columns, and most
    sentences are that short: those rows are turned, and turned back.

    Shapes:
        x: batch head query key
        return: batch head query key
    """
    if x.shape[-1] < SHORT:
        return torch.softmax(x.mT, dim=-2).mT
    return torch.softmax(x, dim=-1)
