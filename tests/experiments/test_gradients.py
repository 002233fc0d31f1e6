"""Gradients over a distance: the Jacobians of torch's own networks, bounds, what the command says of them."""

import pytest
import torch
from torch import nn
from torch.autograd.functional import jacobian as of_torch

from tracetf.experiments import gradients
from tracetf.experiments.gradients import (
    SIZE,
    Gradients,
    encoder,
    jacobian,
    lstm,
    measure,
    networks,
    rnn,
    unrolled,
)
from tracetf.recurrent import GRUCell, LSTMCell, Recurrent


def words(length: int) -> torch.Tensor:
    return torch.randn(length, SIZE).double()


def theirs(network: nn.RNNBase, sentence: torch.Tensor) -> torch.Tensor:
    """Return the Jacobian of one of torch's networks by the first word, one backward pass a row."""

    def last(first):
        return network(torch.cat([first[None], sentence[1:]])[None])[0][0, -1]

    return of_torch(last, sentence[0])


def gate(cell, gates, prefix):
    """Put our matrices of all gates into one, as torch has them."""
    return torch.cat([cell.get_parameter(f"{prefix}{name}").mT for name in gates]).detach()


def seeded(draw):
    torch.manual_seed(7)
    return draw()


@pytest.mark.parametrize("name", ["tanh", "relu"])
@pytest.mark.parametrize("gain", [1, 2])
@pytest.mark.parametrize("length", [1, 2, 9])
def test_an_rnns_jacobian_is_that_of_torchs(name, gain, length):
    ours = seeded(lambda: rnn(getattr(torch, name), gain))
    W_x, W_h = seeded(lambda: torch.randn(2, SIZE, SIZE).double() / SIZE**0.5)
    other = nn.RNN(SIZE, SIZE, nonlinearity=name, bias=False, batch_first=True).double()
    other.weight_ih_l0.data, other.weight_hh_l0.data = W_x.mT, gain * W_h.mT
    sentence = words(length)
    torch.testing.assert_close(jacobian(ours, sentence), theirs(other, sentence))


@pytest.mark.parametrize(
    ("kind", "draw", "gates"),
    [(nn.LSTM, lambda: lstm(3), "ifco"), (nn.GRU, lambda: unrolled(GRUCell), "ruc")],
)
def test_a_gated_networks_jacobian_is_that_of_torchs(kind, draw, gates):
    ours = seeded(draw)
    cells = {nn.LSTM: LSTMCell, nn.GRU: GRUCell}
    cell = seeded(lambda: Recurrent(cells[kind], SIZE, SIZE).double()).layers[0].forwards.cell
    other = kind(SIZE, SIZE, batch_first=True).double()
    other.weight_ih_l0.data, other.weight_hh_l0.data = gate(cell, gates, "W_x"), gate(cell, gates, "W_h")
    other.bias_ih_l0.data = torch.cat([cell.get_parameter(f"b_{name}") for name in gates]).detach()
    other.bias_hh_l0.data.zero_()
    if kind is nn.LSTM:
        other.bias_ih_l0.data[SIZE : 2 * SIZE] = 3
    else:
        other.bias_hh_l0.data[2 * SIZE :] = cell.b_hc.detach()
    sentence = words(6)
    torch.testing.assert_close(jacobian(ours, sentence), theirs(other, sentence))


@pytest.mark.parametrize("draw", [lambda: rnn(torch.sigmoid, 2), encoder])
def test_a_jacobian_is_what_small_steps_change(draw):
    network, sentence, step = draw(), words(5), 1e-6
    found = jacobian(network, sentence)
    for column in (0, 13, SIZE - 1):
        apart = torch.zeros(5, SIZE).double()
        apart[0, column] = step
        moved = (network((sentence + apart)[None]) - network((sentence - apart)[None]))[0] / (2 * step)
        torch.testing.assert_close(found[:, column], moved.detach(), atol=1e-6, rtol=1e-4)


def test_a_sigmoid_fades_at_least_as_fast_as_its_slope_says():
    network = seeded(lambda: rnn(torch.sigmoid, 2))
    W_x, W_h = seeded(lambda: torch.randn(2, SIZE, SIZE).double() / SIZE**0.5)
    for length in (1, 3, 9):
        most = W_x.norm() / 4 * (2 * torch.linalg.matrix_norm(W_h, 2) / 4) ** (length - 1)
        assert jacobian(network, words(length)).norm() <= most


@pytest.fixture(scope="module")
def found() -> Gradients:
    return measure(seeds=2)


def test_what_the_command_says_of_the_gain_is_so(found):
    first, last = ({name: norms[end] for name, norms in found.norms.items()} for end in (0, -1))
    for name in ("σ, g = 1", "σ, g = 2", "tanh, g = 1", "ReLU, g = 1"):
        assert last[f"RNN {name}"] < first[f"RNN {name}"] / 1000
    for name in ("tanh, g = 2", "ReLU, g = 2"):
        assert last[f"RNN {name}"] > first[f"RNN {name}"]
    assert last["LSTM, b_f = 0"] < last["LSTM, b_f = 1"] < last["LSTM, b_f = 3"]
    assert last["LSTM, b_f = 3"] > first["LSTM, b_f = 3"] / 5
    assert last["Transformer"] > first["Transformer"] / 100


def test_a_network_is_measured_alike_again_and_chance_goes_on(found):
    chance = torch.get_rng_state()
    again = measure(lengths=[found.lengths[2]], seeds=2)
    assert torch.equal(torch.get_rng_state(), chance)
    assert again.norms.keys() == found.norms.keys() == networks().keys()
    for name, norms in found.norms.items():
        assert again.norms[name] == [pytest.approx(norms[2], rel=1e-9)]


def test_a_gradient_too_small_for_any_number_is_not_an_error(monkeypatch):
    deaf = {"deaf": lambda: lambda words: 0 * words[:, -1]}
    monkeypatch.setattr(gradients, "networks", lambda: deaf)
    assert measure(lengths=[2]).norms["deaf"] == [pytest.approx(0)]


@pytest.mark.parametrize(("lengths", "seeds"), [([], 1), ([4, 0], 1), ([4], 0)])
def test_nothing_to_measure_is_refused(lengths, seeds):
    with pytest.raises(ValueError, match=f"seeds={seeds} must all be at least 1; give one of each"):
        measure(lengths, seeds)
