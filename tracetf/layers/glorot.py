"""How weights begin."""

from math import sqrt

from torch import Tensor, nn


def glorot(W: Tensor, inputs: int, outputs: int) -> None:
    """Fill a weight evenly from ±√(6 / (inputs + outputs)): Glorot and Bengio 2010, equation 16."""
    nn.init.uniform_(W, -sqrt(6 / (inputs + outputs)), sqrt(6 / (inputs + outputs)))
