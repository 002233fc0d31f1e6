"""RNN, LSTM and GRU against torch's own, with the same weights: results, padding, gradients."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tracetf.recurrent import Cell, GRUCell, LSTMCell, Recurrent, ResetBeforeGRUCell, RNNCell, State
from tracetf.recurrent.unrolled import Direction

INPUTS, HIDDEN = 5, 3
# torch has one matrix for all gates, in an order of its own.
THEIRS = {RNNCell: (nn.RNN, "h"), LSTMCell: (nn.LSTM, "ifco"), GRUCell: (nn.GRU, "ruc")}
every_kind = pytest.mark.parametrize("kind", [*THEIRS, ResetBeforeGRUCell])


def cells(model: Recurrent) -> list[Cell]:
    """List the cells in torch's order: layer by layer, direction by direction."""
    return [part.cell for part in model.modules() if isinstance(part, Direction)]


def matched(ours: Recurrent, theirs: nn.RNNBase, gates: str) -> Iterator[tuple[Tensor, Tensor, slice]]:
    """Yield each of our weights, the one of torch's that it is a part of, and which rows."""
    weights = iter(theirs.parameters())
    for cell in cells(ours):
        W_x, W_h, b_x, b_h = (next(weights) for _ in range(4))
        for row, gate in enumerate(gates):
            rows = slice(row * HIDDEN, (row + 1) * HIDDEN)
            for name, weight in ((f"W_x{gate}", W_x), (f"W_h{gate}", W_h), (f"b_{gate}", b_x)):
                yield cell.get_parameter(name), weight, rows
            if isinstance(cell, GRUCell) and gate == "c":
                yield cell.b_hc, b_h, rows
            else:
                b_h.data[rows] = 0  # it has two biases where one is enough


def both(kind: type[Cell], layers: int = 1, bidirectional: bool = False) -> tuple[Any, ...]:
    """Return our network, torch's with the same weights, and the pairs of weights."""
    theirs, gates = THEIRS[kind]
    ours = Recurrent(kind, INPUTS, HIDDEN, layers, bidirectional)
    other = theirs(INPUTS, HIDDEN, layers, batch_first=True, bidirectional=bidirectional)
    pairs = list(matched(ours, other, gates))
    for weight, their, rows in pairs:
        weight.data = turned(their.data[rows]).clone()
    return ours, other, pairs


def ends(lengths: list[int]) -> Tensor:
    return (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])[:, None]


def turned(weight: Tensor) -> Tensor:
    """Turn a matrix around: torch keeps its matrices so, and a bias has nothing to turn."""
    return weight.mT if weight.ndim == 2 else weight


def stacked(states: list[State]) -> tuple[Tensor, ...]:
    """Return states as torch does: (layer and direction, batch, hidden)."""
    kept = [torch.cat([state.hidden for state in states], dim=1).mT.permute(2, 0, 1)]
    if states[0].cell is not None:
        kept.append(torch.cat([state.cell for state in states], dim=1).mT.permute(2, 0, 1))
    return tuple(kept)


def tupled(states: Any) -> tuple[Tensor, ...]:
    return states if isinstance(states, tuple) else (states,)


@pytest.mark.parametrize("kind", THEIRS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_it_computes_what_torch_computes_with_the_same_gradients(kind, layers, bidirectional):
    ours, theirs, pairs = both(kind, layers, bidirectional)
    x = torch.randn(4, 7, INPUTS, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    outputs, states = ours(x)
    expected, last = theirs(y)
    torch.testing.assert_close(outputs, expected, atol=1e-6, rtol=0)
    for mine, their in zip(stacked(states), tupled(last), strict=True):
        torch.testing.assert_close(mine, their, atol=1e-6, rtol=0)
    blame = torch.randn_like(outputs)
    for result in (outputs, expected):
        (result * blame).sum().backward()
    torch.testing.assert_close(x.grad, y.grad, atol=1e-5, rtol=1e-5)
    for weight, their, rows in pairs:
        torch.testing.assert_close(weight.grad, turned(their.grad[rows]), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", THEIRS)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4), bidirectional=st.booleans())
def test_padding_is_passed_over_as_in_packed_sequences(kind, lengths, bidirectional):
    ours, theirs, _ = both(kind, 2, bidirectional)
    x, mask = torch.randn(len(lengths), max(lengths), INPUTS), ends(lengths)
    outputs, states = ours(x, mask)
    packed, last = theirs(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
    expected, _ = pad_packed_sequence(packed, batch_first=True)
    torch.testing.assert_close(outputs * mask.mT, expected, atol=1e-6, rtol=0)
    for mine, their in zip(stacked(states), tupled(last), strict=True):
        torch.testing.assert_close(mine, their, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", THEIRS)
def test_it_begins_with_the_states_it_is_given(kind):
    ours, theirs, _ = both(kind, 2, bidirectional=True)
    x = torch.randn(2, 3, INPUTS)
    begin = [State(*torch.randn(2, 2, 1, HIDDEN)) for _ in range(4)]
    begin = [state if kind is LSTMCell else State(state.hidden) for state in begin]
    given_to_torch = stacked(begin) if kind is LSTMCell else stacked(begin)[0]
    torch.testing.assert_close(ours(x, None, begin)[0], theirs(x, given_to_torch)[0], atol=1e-6, rtol=0)


def test_reset_before_the_product_is_the_papers_equation_8():
    model = Recurrent(ResetBeforeGRUCell, INPUTS, HIDDEN)
    cell = cells(model)[0]
    W = {name: weight.detach().double().numpy() for name, weight in cell.named_parameters()}
    x, h = torch.randn(2, 4, INPUTS), np.zeros((2, HIDDEN))
    for word in x.double().numpy().swapaxes(0, 1):
        r = 1 / (1 + np.exp(-(word @ W["W_xr"] + h @ W["W_hr"] + W["b_r"])))
        z = 1 / (1 + np.exp(-(word @ W["W_xu"] + h @ W["W_hu"] + W["b_u"])))
        h = z * h + (1 - z) * np.tanh(word @ W["W_xc"] + (r * h) @ W["W_hc"] + W["b_c"])
    np.testing.assert_allclose(model(x)[1][0].hidden[:, 0].detach(), h, atol=1e-6)


def test_the_two_conventions_differ_with_the_same_weights():
    after, before = Recurrent(GRUCell, INPUTS, HIDDEN), Recurrent(ResetBeforeGRUCell, INPUTS, HIDDEN)
    cells(after)[0].b_hc.data.zero_()
    before.load_state_dict({name: w for name, w in after.state_dict().items() if "b_hc" not in name})
    x = torch.randn(2, 4, INPUTS)
    assert not torch.allclose(after(x)[0], before(x)[0], atol=1e-3)
    cells(after)[0].b_r.data.fill_(100)  # an open gate makes no difference
    cells(before)[0].b_r.data.fill_(100)
    torch.testing.assert_close(after(x)[0], before(x)[0])


@every_kind
def test_the_weights_are_as_many_for_a_long_sentence(kind):
    model = Recurrent(kind, INPUTS, HIDDEN)
    assert [model(torch.randn(1, words, INPUTS))[0].shape[1] for words in (2, 5, 9)] == [2, 5, 9]


def test_an_lstm_has_four_times_and_a_gru_three_times_the_weights_of_an_rnn():
    rnn, lstm, gru = (
        sum(weight.numel() for weight in kind(64, 64).parameters())
        for kind in (RNNCell, LSTMCell, ResetBeforeGRUCell)
    )
    assert (gru, lstm) == (3 * rnn, 4 * rnn)


@every_kind
def test_a_closed_past_and_an_open_one(kind):
    cell = kind(INPUTS, HIDDEN)
    weights = dict(cell.named_parameters())
    for weight in weights.values():
        weight.data.zero_()
    h, c = torch.full((1, 1, HIDDEN), 0.5), torch.full((1, 1, HIDDEN), 0.25)
    for gate, kept in ((-100.0, 0.0), (100.0, 1.0)):
        for name in {"b_f", "b_u"} & weights.keys():
            weights[name].data.fill_(gate)
        after = cell(torch.randn(1, 1, INPUTS), -1, State(h, c))
        if kind is LSTMCell:
            torch.testing.assert_close(after.cell, kept * c)
        elif kind is not RNNCell:
            torch.testing.assert_close(after.hidden, kept * h)
        else:
            assert not after.hidden.any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Recurrent(GRUCell, 0, 3), "inputs=0 and hidden=3 must both be at least 1"),
        (lambda: Recurrent(GRUCell, 3, 3, layers=0), "layers=0 must be at least 1"),
        (
            lambda: Recurrent(GRUCell, 3, 3, layers=2)(
                torch.zeros(1, 2, 3), None, [State(torch.zeros(1, 1, 3))]
            ),
            "1 states do not fit 2 cells; give one for each",
        ),
        (
            lambda: LSTMCell(3, 3)(torch.zeros(1, 2, 3), -1, State(torch.zeros(1, 1, 3))),
            "an LSTM carries a cell besides hidden; give State",
        ),
        (lambda: Recurrent(GRUCell, 3, 3)(torch.zeros(1, 0, 3)), "a sentence of no words"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
