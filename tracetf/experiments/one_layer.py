"""Recorded runs of a single layer over random words; and what the paper says of such layers."""

import torch
from torch import nn

from tracetf.layers.attention import MultiHeadAttention
from tracetf.recorder import record
from tracetf.recurrent import Cell, Recurrent, State
from tracetf.taps import tap
from tracetf.trace import Trace

# Table 1: complexity per layer, sequential operations, maximum path length.
TABLE_1 = {
    "attention": ("n² · d", "1", "1"),
    "recurrent": ("n · d²", "n", "n"),
    "convolution": ("k · n · d²", "1", "log_k(n)"),
    "restricted": ("r · n · d", "1", "n / r"),
}


def attention(length: int, d_model: int, heads: int) -> Trace:
    """Record self-attention among so many words, all of which may look at all.

    Raises:
        ValueError: no words, or heads that do not divide d_model.
    """
    at_least_one(length)
    if heads < 1 or d_model % heads:
        raise ValueError(f"d_model={d_model} does not split evenly into heads={heads}; choose heads that do")
    size = d_model // heads
    model = nn.ModuleDict({"attention": MultiHeadAttention(d_model, heads, size, size)})
    with record(model) as trace:
        x, mask = torch.randn(1, length, d_model), torch.ones(1, 1, length, dtype=torch.bool)
        tap("batch token d_model", x=x)
        tap("batch query key", mask=mask)
        model["attention"](x, x, mask)
    return trace


def recurrence(kind: type[Cell], length: int, d_model: int) -> Trace:
    """Record a recurrent layer over so many words, as large as each of them.

    Raises:
        ValueError: no words.
    """
    at_least_one(length)
    model = nn.ModuleDict({"recurrent": Recurrent(kind, d_model, d_model)})
    with record(model) as trace:
        x, zeros = torch.randn(1, length, d_model), torch.zeros(1, 1, d_model)
        tap("batch token d_model", x=x)
        tap("batch one hidden", zeros=zeros)
        model["recurrent"](x, before=[State(zeros, zeros)])
    return trace


def at_least_one(length: int) -> None:
    """Refuse a sentence of no words.

    Raises:
        ValueError: a length below one.
    """
    if length < 1:
        raise ValueError(f"length={length} is no length of a sentence; give at least 1")
