"""How many numbers RNN, GRU and LSTM learn: they sum word and state once, three times, four times."""

from dataclasses import dataclass

from torch import nn

from tracetf.recurrent import GRUCell, LSTMCell, RNNCell

SIZE = 64
CELLS = {"RNN": (RNNCell, nn.RNN), "GRU": (GRUCell, nn.GRU), "LSTM": (LSTMCell, nn.LSTM)}


@dataclass(frozen=True)
class Parameters:
    """Hold how many numbers each cell learns, by its name.

    Args:
        ours: with one bias a sum, and one more for what a GRU resets.
        torch: of the same cell in torch, which has two biases a sum.
    """

    ours: dict[str, int]
    torch: dict[str, int]


def measure(inputs: int = SIZE, hidden: int = SIZE) -> Parameters:
    """Count the parameters of each cell, and of torch's own.

    Args:
        inputs: size of a word's vector.
        hidden: size of the state.

    Raises:
        ValueError: a size below one.
    """
    return Parameters(
        {name: count(ours(inputs, hidden)) for name, (ours, _) in CELLS.items()},
        {name: count(theirs(inputs, hidden)) for name, (_, theirs) in CELLS.items()},
    )


def count(model: nn.Module) -> int:
    """Return how many numbers a model learns."""
    return sum(parameter.numel() for parameter in model.parameters())
