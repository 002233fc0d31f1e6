"""A cell unrolled over a sentence, in one direction or both, in one layer or several."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tracetf.recurrent.cells import Cell, State
from tracetf.taps import tap


class Initial(nn.Module):
    """Begin with a state of zeros: before the first word nothing was read.

    Args:
        size: numbers in the state.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """Return zeros for each sentence.

        Shapes:
            x: batch token inputs
            return: batch 1 hidden
        """
        state = x.new_zeros(len(x), 1, self.size)
        tap(state=state)
        return state


class Held(nn.Module):
    """Leave the state of a sentence that has ended as it is, as torch does with packed sequences."""

    def forward(self, new: State, before: State, mask: Tensor, time: int) -> State:
        """Return the new state where there is a word at `time`, else the one before.

        Shapes:
            mask: batch 1 token
        """
        is_word = mask[:, :, time, None]
        hidden = torch.where(is_word, new.hidden, before.hidden)
        tap(hidden=hidden)
        if new.cell is None or before.cell is None:
            return State(hidden)
        cell = torch.where(is_word, new.cell, before.cell)
        tap(cell=cell)
        return State(hidden, cell)


class States(nn.Module):
    """Put the states of all words below each other."""

    def forward(self, states: tuple[Tensor, ...]) -> Tensor:
        """Return one row a word.

        Shapes:
            return: batch token hidden
        """
        outputs = torch.cat(states, dim=1)
        tap(outputs=outputs)
        return outputs


class SideBySide(nn.Module):
    """Put what both directions made of a word side by side: Schuster and Paliwal 1997."""

    def forward(self, forwards: Tensor, backwards: Tensor) -> Tensor:
        """Return twice as many numbers a word.

        Shapes:
            forwards: batch token hidden
            backwards: batch token hidden
            return: batch token both
        """
        concat = torch.cat([forwards, backwards], dim=-1)
        tap(concat=concat)
        return concat


class Direction(nn.Module):
    """Read a sentence word by word, each with the same weights.

    Args:
        kind: the cell.
        inputs: size of a word's vector.
        hidden: size of the state.
        reverse: from the last word to the first.
    """

    def __init__(self, kind: type[Cell], inputs: int, hidden: int, reverse: bool) -> None:
        super().__init__()
        self.reverse = reverse
        self.initial = Initial(hidden)
        self.kind = kind.room  # lstm, gru: how its paths are called
        self.add_module(self.kind, kind(inputs, hidden))
        self.held = Held()
        self.states = States()

    @property
    def cell(self) -> Cell:
        """The cell that reads every word."""
        cell = self.get_submodule(self.kind)
        assert isinstance(cell, Cell)
        return cell

    def forward(self, x: Tensor, mask: Tensor | None, before: State | None) -> tuple[Tensor, State]:
        """Return the state after each word, and the last one.

        Args:
            before: the state to begin with; zeros when left out.

        Shapes:
            x: batch token inputs
            mask: batch 1 token
        """
        cell = self.cell
        state = before or cell.begin(self.initial(x))
        times = range(-x.shape[1], 0)
        hidden: dict[int, Tensor] = {}
        for time in reversed(times) if self.reverse else times:
            new: State = cell(x, time, state)
            state = new if mask is None else self.held(new, state, mask, time)
            hidden[time] = state.hidden
        return self.states(tuple(hidden[time] for time in times)), state


class Layer(nn.Module):
    """Read a sentence from left to right, and from right to left as well if asked to.

    Args:
        kind: the cell.
        inputs: size of a word's vector.
        hidden: size of the state.
        bidirectional: whether to read both ways.
    """

    def __init__(self, kind: type[Cell], inputs: int, hidden: int, bidirectional: bool) -> None:
        super().__init__()
        self.forwards = Direction(kind, inputs, hidden, reverse=False)
        self.backwards = Direction(kind, inputs, hidden, reverse=True) if bidirectional else None
        self.side_by_side = SideBySide()

    def forward(
        self, x: Tensor, mask: Tensor | None, before: Sequence[State | None]
    ) -> tuple[Tensor, list[State]]:
        """Return a row a word, and the last state of each direction.

        Args:
            before: the state that each direction begins with, or nothing for zeros.

        Shapes:
            x: batch token inputs
            mask: batch 1 token
        """
        outputs, last = self.forwards(x, mask, before[0])
        if self.backwards is None:
            return outputs, [last]
        backwards, first = self.backwards(x, mask, before[1])
        return self.side_by_side(outputs, backwards), [last, first]


class Recurrent(nn.Module):
    """Read a sentence with cells, in one layer or several: what `torch.nn.RNN`, `LSTM` and `GRU` compute.

    Args:
        kind: the cell: `RNNCell`, `LSTMCell`, `GRUCell` or `ResetBeforeGRUCell`.
        inputs: size of a word's vector.
        hidden: size of the state.
        layers: each reads what the one below it made.
        bidirectional: whether every layer reads both ways; a row then has 2 · hidden numbers.

    Raises:
        ValueError: a size or a number of layers below one.
    """

    def __init__(
        self, kind: type[Cell], inputs: int, hidden: int, layers: int = 1, bidirectional: bool = False
    ) -> None:
        super().__init__()
        if layers < 1:
            raise ValueError(f"layers={layers} must be at least 1")
        self.directions = 2 if bidirectional else 1
        sizes = [inputs] + [self.directions * hidden] * (layers - 1)
        self.layers = nn.ModuleList(Layer(kind, size, hidden, bidirectional) for size in sizes)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, before: Sequence[State] | None = None
    ) -> tuple[Tensor, list[State]]:
        """Return a row a word of the last layer, and the last states: layer by layer, direction by direction.

        After the end of a sentence the state stays as it is, in its rows as well.

        Args:
            before: the states to begin with, in the same order; zeros when left out.

        Shapes:
            x: batch token inputs
            mask: batch 1 token

        Raises:
            ValueError: sentences of no words, or a number of states that is not that of the cells.
        """
        if not x.shape[1]:
            raise ValueError("a sentence of no words has no state to return; give at least one word")
        cells = len(self.layers) * self.directions
        if before is not None and len(before) != cells:
            raise ValueError(f"{len(before)} states do not fit {cells} cells; give one for each")
        begin: Sequence[State | None] = before or [None] * cells
        mask = None if mask is None or without_padding(mask) else mask
        states: list[State] = []
        for layer in self.layers:
            x, last = layer(x, mask, begin[len(states) :])
            states += last
        return x, states


def without_padding(mask: Tensor) -> bool:
    """Say whether every sentence goes on to the end, so that no state has to be held.

    Shapes:
        mask: batch 1 token
    """
    return not torch.compiler.is_compiling() and bool(mask.all())
