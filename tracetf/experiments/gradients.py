"""How much of the first word reaches the last state's gradient: ‖∂h_n / ∂x_1‖ against n.

Nothing is trained: weights and words are as they are drawn, every number of a word from N(0, 1). The plain
RNN has W_x from N(0, 1 / size), W_h from N(0, gain² / size) and no bias; the others begin as ours do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, log, sqrt
from statistics import fmean
from sys import float_info

import torch
from einops import repeat
from torch import Tensor

from tracetf.dimensions import Dimensions
from tracetf.recurrent import Cell, GRUCell, LSTMCell, Recurrent
from tracetf.transformer import EncoderLayer

LENGTHS, SEEDS = (1, 2, 4, 8, 16, 32), 5
SIZE = 32
LAYERS = Dimensions(4, 4, d_model=SIZE, heads=4, d_ff=4 * SIZE, dropout=0, layers=2)

Network = Callable[[Tensor], Tensor]  # from (batch word size) to the last word's vector (batch hidden)


@dataclass(frozen=True)
class Gradients:
    """Hold how large the Jacobian of the last state by the first word is.

    Args:
        lengths: words in a sentence.
        norms: by network, for each length: the Frobenius norm, as the geometric mean over the draws.
    """

    lengths: Sequence[int]
    norms: Mapping[str, Sequence[float]]


def measure(lengths: Sequence[int] = LENGTHS, seeds: int = SEEDS) -> Gradients:
    """Draw networks and sentences, and measure how far the gradient gets.

    Args:
        lengths: words in a sentence.
        seeds: how many networks of a kind to draw, each with a sentence of its own.

    Raises:
        ValueError: no lengths or seeds, or one below one.
    """
    if not lengths or min(seeds, *lengths) < 1:
        raise ValueError(
            f"lengths={tuple(lengths)} and seeds={seeds} must all be at least 1; give one of each"
        )
    return Gradients(
        tuple(lengths),
        {name: [_typical(draw, length, seeds) for length in lengths] for name, draw in networks().items()},
    )


def networks() -> dict[str, Callable[[], Network]]:
    """Return what draws each network: g is the gain of an RNN, b_f the bias of an LSTM's forget gates."""
    activations = {"σ": torch.sigmoid, "tanh": torch.tanh, "ReLU": torch.relu}
    plain = {
        f"RNN {name}, g = {gain}": partial(rnn, squeeze, gain)
        for name, squeeze in activations.items()
        for gain in (1, 2)
    }
    gated = {f"LSTM, b_f = {bias}": partial(lstm, bias) for bias in (0, 1, 3)}
    return {**plain, **gated, "GRU": partial(unrolled, GRUCell), "Transformer": encoder}


def rnn(squeeze: Callable[[Tensor], Tensor], gain: float) -> Network:
    """Draw an RNN with this activation.

    Args:
        squeeze: σ, tanh or ReLU.
        gain: about how much longer W_h makes a vector.
    """
    W_x, W_h = torch.randn(2, SIZE, SIZE).double() / sqrt(SIZE)

    def network(words: Tensor) -> Tensor:
        hidden = torch.zeros_like(words[:, 0])
        for word in words.unbind(dim=1):
            hidden = squeeze(word @ W_x + hidden @ (gain * W_h))
        return hidden

    return network


def unrolled(kind: type[Cell]) -> Network:
    """Draw a network of our own cells."""
    model = Recurrent(kind, SIZE, SIZE).double()
    return lambda words: model(words)[0][:, -1]


def lstm(bias: float) -> Network:
    """Draw an LSTM whose forget gates all have this bias."""
    model = Recurrent(LSTMCell, SIZE, SIZE).double()
    model.get_parameter("layers.0.forwards.lstm.b_f").data.fill_(bias)
    return lambda words: model(words)[0][:, -1]


def encoder() -> Network:
    """Draw a Transformer's encoder without positions: 2 layers, 4 heads, post-norm."""
    layers = [EncoderLayer(LAYERS).double() for _ in range(LAYERS.layers)]

    def network(words: Tensor) -> Tensor:
        mask = torch.ones(1, 1, words.shape[1], dtype=torch.bool)
        for layer in layers:
            words = layer(words, mask)
        return words[:, -1]

    return network


def jacobian(network: Network, words: Tensor) -> Tensor:
    """Return ∂h_n / ∂x_1: a row for each number of the last vector, a column for each of the first word.

    One backward pass is enough: each row is asked of a copy of the sentence.
    """
    sentences = repeat(words, "word size -> hidden word size", hidden=SIZE).requires_grad_()
    [derivative] = torch.autograd.grad(network(sentences).diagonal().sum(), sentences)
    return derivative[:, 0]


def _typical(draw: Callable[[], Network], length: int, seeds: int) -> float:
    norms = []
    with torch.random.fork_rng(devices=[]):
        for seed in range(seeds):
            torch.manual_seed(seed)
            network, words = draw(), torch.randn(length, SIZE).double()
            norms.append(jacobian(network, words).norm().item())
    return exp(fmean(log(max(norm, float_info.min)) for norm in norms))
