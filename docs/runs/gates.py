"""A cell unrolled over three words, and the gates of an LSTM with numbers small enough to follow."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
import torch
from torch import nn

import tracetf
from tracetf.experiments import gradients as fade
from tracetf.experiments import parameters as sizes
from tracetf.layers.embedding import Embedding
from tracetf.recurrent import Cell, GRUCell, LSTMCell, Recurrent, ResetBeforeGRUCell, RNNCell
from tracetf.taps import tap
from tracetf.views import ink

WORDS = ("I", "go", "home")
VECTORS = [[1, 0], [0, 1], [0, 0]]  # a subject, a verb, neither
PLACE = "encoder.recurrent.layers.0.forwards"


class Reader(nn.Module):
    """Read three words with a cell of two units.

    Args:
        weights: of the cell, by their names; all others are 0.
    """

    def __init__(self, cell: type[Cell], weights: Mapping[str, Any]) -> None:
        super().__init__()
        self.vocabularies = {"source": WORDS}
        self.encoder = nn.ModuleDict({"embedding": Embedding(3, 2), "recurrent": Recurrent(cell, 2, 2)})
        vectors = {"weight": np.array(VECTORS) / sqrt(2)}  # the embedding multiplies by √2
        for name, parameter in self.named_parameters():
            given = torch.tensor((weights | vectors).get(name.rpartition(".")[2], 0.0))
            parameter.data = given.float().expand_as(parameter).clone()

    def forward(self) -> None:
        """Read them."""
        source = torch.tensor([[0, 1, 2]])
        tap(source=source)
        self.encoder["recurrent"](self.encoder["embedding"](source))


def read(cell: type[Cell], weights: Mapping[str, Any]) -> tracetf.Trace:
    """Return the run of a cell with these weights over the three words."""
    model = Reader(cell, weights)
    with tracetf.record(model) as trace:
        model()
    return trace


def values(trace: tracetf.Trace, name: str) -> np.ndarray:
    """Return what a step gave, a row for each word."""
    return np.concatenate([event.value[0] for event in trace.at(f"{PLACE}.{name}")])


# the LSTM: unit 0 is to remember a subject, unit 1 a verb
EYE = np.eye(2, dtype=np.float32)
LSTM = {
    "b_f": [3.0, 0.0],
    "W_xi": 6 * EYE,
    "b_i": [-3.0, -3.0],
    "W_xc": 2 * EYE,
    "b_o": [1.0, 1.0],
    "W_ho": EYE,
}
trace = read(LSTMCell, LSTM)
closed = read(LSTMCell, LSTM | {"b_f": [-30.0, -30.0]})
STEPS = ("forget_gate", "input_gate", "candidate", "cell", "output_gate", "hidden")
gates = {name: values(trace, f"lstm.{name}") for name in STEPS}
table = np.concatenate([*gates.values()], axis=1)
heads = [f"{sign}{unit}" for sign in ("f", "i", "c̃", "c", "o", "h") for unit in ("₀", "₁")]
forget, output = gates["forget_gate"], gates["output_gate"]
cells, forgotten = gates["cell"], values(closed, "lstm.cell")

# an RNN on the same words: one set of weights, whatever the length
torch.manual_seed(0)
rnn = Recurrent(RNNCell, 2, 2)
lengths = {}
for n in (2, 5, 9):
    with tracetf.record(rnn) as run:
        rnn(torch.randn(1, n, 2))
    lengths[n] = len(run.at("layers.0.forwards.rnn.hidden"))
    weights = len(run.parameters)
shared = sum(parameter.numel() for parameter in rnn.parameters())

# the two GRUs, with the same weights: reset before the product, or after it
torch.manual_seed(5)
ours, before = Recurrent(GRUCell, 2, 2), Recurrent(ResetBeforeGRUCell, 2, 2)
theirs = nn.GRU(2, 2, batch_first=True)
with torch.no_grad():
    cell = ours.get_submodule("layers.0.forwards.gru")
    cell.b_hc.zero_()
    for weight in cell.parameters():
        weight *= 3  # so that the difference is seen
    for name, weight in before.named_parameters():
        weight.copy_(ours.get_parameter(name))
    theirs.weight_ih_l0.copy_(torch.cat([cell.W_xr, cell.W_xu, cell.W_xc], dim=1).T)
    theirs.weight_hh_l0.copy_(torch.cat([cell.W_hr, cell.W_hu, cell.W_hc], dim=1).T)
    theirs.bias_ih_l0.copy_(torch.cat([cell.b_r, cell.b_u, cell.b_c]))
    theirs.bias_hh_l0.zero_()
    x = torch.tensor([VECTORS], dtype=torch.float32)
    conventions = [model(x)[0][0, -1].numpy() for model in (ours, theirs, before)]

# both directions: which numbers of a row change when another word does
both = Recurrent(GRUCell, 2, 2, bidirectional=True)
with torch.no_grad():
    other = x.clone()
    other[0, -1] += 1
    moved = (both(other)[0] - both(x)[0]).abs()[0].numpy()

# how far the gradient gets, and what the cells cost
gradients = fade.measure()
fading = "\n".join(
    f"| {name} | {' | '.join(ink.figure(norm, 2) for norm in norms)} |"
    for name, norms in gradients.norms.items()
)
DRAWN = ("RNN σ, g = 2", "RNN tanh, g = 1", "RNN ReLU, g = 2", "LSTM, b_f = 0", "LSTM, b_f = 3")
drawn = {
    name: list(zip(gradients.lengths, gradients.norms[name], strict=True)) for name in (*DRAWN, "Transformer")
}
WIDE = 64
parameters = sizes.measure(WIDE, WIDE)
