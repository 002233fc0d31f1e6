"""What recording costs."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from benchmarks.timing import SIZES, Row, ratio
from tracetf import Transformer, record

WANTED = {1: "≤ 1.5", 32: "≤ 1.4"}


def forward(model: Transformer, sentences: Tensor) -> None:
    """Run a model as in evaluation."""
    with torch.inference_mode():
        model(sentences, sentences)


def recorded_forward(model: Transformer, sentences: Tensor) -> None:
    """Run a model as in evaluation, and record every step."""
    with record(model, parameters=False):
        forward(model, sentences)


def step(model: Transformer, sentences: Tensor) -> None:
    """Run a model forwards and backwards."""
    model(sentences, sentences).square().mean().backward()


def recorded_step(model: Transformer, sentences: Tensor) -> None:
    """Run a model forwards and backwards, and record every step with its gradient."""
    with record(model, parameters=False):
        step(model, sentences)


def rows() -> Iterator[Row]:
    """Yield what recording costs, and what is left of it when it is over."""
    for name, size, batch, words in SIZES:
        torch.manual_seed(0)
        model, fresh = Transformer(size).eval(), Transformer(size).eval()
        fresh.load_state_dict(model.state_dict())
        sentences = torch.randint(1, size.source_words, (batch, words))
        pairs = (
            (f"forward of {name}, recorded over plain", recorded_forward, forward, model, WANTED[batch]),
            (f"training step of {name}, recorded over plain", recorded_step, step, model, "≤ 1.4"),
            (f"forward of {name}, after recordings over never recorded", forward, forward, fresh, "≤ 1.01"),
        )
        for what, one, other, beside, wanted in pairs:
            measured = ratio(partial(one, model, sentences), partial(other, beside, sentences))
            yield Row(what, f"{measured:.2f}", wanted)
