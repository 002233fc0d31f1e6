"""One step in time of an RNN, an LSTM and a GRU, gate by gate.

A cell reads the word at `time` and the state after the word before, and returns the state after this word.
Time is counted from the end of the sentence: −1 is its last word.
"""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import torch
from torch import Tensor, nn

from tracetf.taps import tap


@dataclass(frozen=True)
class State:
    """Hold all that is carried from one word to the next.

    Shapes:
        hidden: batch 1 hidden
        cell: batch 1 hidden
    """

    hidden: Tensor
    cell: Tensor | None = None


class Cell(nn.Module):
    """Own the weights of each gate: W_x… for the word, W_h… for the state before, b….

    As in torch, all are drawn evenly from ±1 / √hidden.

    Args:
        inputs: size of a word's vector.
        hidden: size of the state.

    Raises:
        ValueError: a size below one.
    """

    room: ClassVar[str]  # what its steps are called by
    gates: ClassVar[str]  # a letter each

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        if min(inputs, hidden) < 1:
            raise ValueError(f"inputs={inputs} and hidden={hidden} must both be at least 1")
        for gate in self.gates:
            self.draw(f"W_x{gate}", inputs, hidden)
            self.draw(f"W_h{gate}", hidden, hidden)
            self.draw(f"b_{gate}", hidden)

    def begin(self, zeros: Tensor) -> State:
        """Return the state before the first word.

        Shapes:
            zeros: batch 1 hidden
        """
        return State(zeros)

    def draw(self, name: str, *shape: int) -> None:
        """Give the cell a weight of this name and shape."""
        weight = nn.Parameter(torch.empty(shape))
        nn.init.uniform_(weight, -1 / sqrt(shape[-1]), 1 / sqrt(shape[-1]))
        self.register_parameter(name, weight)


class RNNCell(Cell):
    """Mix the word and the state before into a new state: Elman 1990.

    Args:
        inputs: size of a word's vector.
        hidden: size of the state.
    """

    room, gates = "rnn", "h"
    W_xh: Tensor
    W_hh: Tensor
    b_h: Tensor

    def forward(self, x: Tensor, time: int, before: State) -> State:
        """Return the state after the word at `time`.

        Shapes:
            x: batch token inputs
        """
        word = x[:, time, None]
        hidden = torch.tanh(word @ self.W_xh + before.hidden @ self.W_hh + self.b_h)
        tap(hidden=hidden)
        return State(hidden)


class LSTMCell(Cell):
    """Keep a cell that gates write to, keep and read: Hochreiter and Schmidhuber 1997, Gers et al. 2000.

    Args:
        inputs: size of a word's vector.
        hidden: size of the state.
    """

    room, gates = "lstm", "fico"
    W_xf: Tensor
    W_hf: Tensor
    b_f: Tensor
    W_xi: Tensor
    W_hi: Tensor
    b_i: Tensor
    W_xc: Tensor
    W_hc: Tensor
    b_c: Tensor
    W_xo: Tensor
    W_ho: Tensor
    b_o: Tensor

    def begin(self, zeros: Tensor) -> State:
        """Return the state before the first word.

        Shapes:
            zeros: batch 1 hidden
        """
        return State(zeros, zeros)

    def forward(self, x: Tensor, time: int, before: State) -> State:
        """Return the state after the word at `time`.

        Shapes:
            x: batch token inputs

        Raises:
            ValueError: a state before without a cell.
        """
        if before.cell is None:
            raise ValueError("an LSTM carries a cell besides hidden; give State(hidden, cell)")
        word, h = x[:, time, None], before.hidden
        forget_gate = torch.sigmoid(word @ self.W_xf + h @ self.W_hf + self.b_f)
        input_gate = torch.sigmoid(word @ self.W_xi + h @ self.W_hi + self.b_i)
        candidate = torch.tanh(word @ self.W_xc + h @ self.W_hc + self.b_c)
        cell = forget_gate * before.cell + input_gate * candidate
        output_gate = torch.sigmoid(word @ self.W_xo + h @ self.W_ho + self.b_o)
        hidden = output_gate * torch.tanh(cell)
        tap(forget_gate=forget_gate, input_gate=input_gate, candidate=candidate, cell=cell)
        tap(output_gate=output_gate, hidden=hidden)
        return State(hidden, cell)


class ResetBeforeGRUCell(Cell):
    """Let two gates decide what of the state goes on; reset before the product: Cho et al. 2014, equation 8.

    So does the published paper (version 3 on arXiv). Keras calls it `reset_after=False`.

    Args:
        inputs: size of a word's vector.
        hidden: size of the state.
    """

    room, gates = "gru", "ruc"
    W_xr: Tensor
    W_hr: Tensor
    b_r: Tensor
    W_xu: Tensor
    W_hu: Tensor
    b_u: Tensor
    W_xc: Tensor
    W_hc: Tensor
    b_c: Tensor

    def forward(self, x: Tensor, time: int, before: State) -> State:
        """Return the state after the word at `time`.

        Shapes:
            x: batch token inputs
        """
        word, h = x[:, time, None], before.hidden
        reset_gate = torch.sigmoid(word @ self.W_xr + h @ self.W_hr + self.b_r)
        update_gate = torch.sigmoid(word @ self.W_xu + h @ self.W_hu + self.b_u)
        tap(reset_gate=reset_gate, update_gate=update_gate)
        candidate = torch.tanh(word @ self.W_xc + self.recall(reset_gate, h) + self.b_c)
        hidden = (1 - update_gate) * candidate + update_gate * h
        tap(candidate=candidate, hidden=hidden)
        return State(hidden)

    def recall(self, reset_gate: Tensor, h: Tensor) -> Tensor:
        """Return what the candidate takes from the state before.

        Shapes:
            reset_gate: batch 1 hidden
            h: batch 1 hidden
            return: batch 1 hidden
        """
        reset_before = (reset_gate * h) @ self.W_hc
        tap(reset_before=reset_before)
        return reset_before


class GRUCell(ResetBeforeGRUCell):
    """The same with the product before the reset, as in torch and cuDNN: Cho et al. 2014, version 1 on arXiv.

    What is reset has a bias of its own, b_hc. Keras calls it `reset_after=True`.

    Args:
        inputs: size of a word's vector.
        hidden: size of the state.
    """

    b_hc: Tensor

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(inputs, hidden)
        self.draw("b_hc", hidden)

    def recall(self, reset_gate: Tensor, h: Tensor) -> Tensor:
        """Return what the candidate takes from the state before.

        Shapes:
            reset_gate: batch 1 hidden
            h: batch 1 hidden
            return: batch 1 hidden
        """
        reset_after = reset_gate * (h @ self.W_hc + self.b_hc)
        tap(reset_after=reset_after)
        return reset_after
