"""How fast a training step is, beside `torch.nn.Transformer` and others where installed.

All learn from the same batches; all but ours in a plain loop with torch's Adam.
"""

from collections.abc import Callable, Iterator
from itertools import cycle

import torch
from torch import Tensor

from benchmarks.others import installed
from benchmarks.theirs import Learner, learner
from benchmarks.timing import Row, ratio
from tracetf import Dimensions, Transformer
from tracetf.training.adam import Adam
from tracetf.training.step import gradients

SMOOTHING = 0.1
WORKS = (
    (
        "tiny, vocabulary 10,000",
        Dimensions(10_000, 10_000, d_model=128, heads=4, d_ff=256, layers=4, dropout=0.1),
        range(12, 17),
        64,
        "≥ 1.45",
        30,
    ),
    (
        "student, vocabulary 300",
        Dimensions(300, 300, d_model=64, heads=4, d_ff=128, layers=2, dropout=0.1),
        range(8, 13),
        128,
        "≥ 1.3",
        60,
    ),
)


def batches(size: Dimensions, lengths: range, sentences: int) -> list[tuple[Tensor, Tensor]]:
    """Return batches of like length, each row a little shorter than the longest."""
    made = []
    for longest in lengths:
        ends = torch.randint(longest - 2, longest + 1, (2, sentences, 1))
        words = torch.randint(4, size.source_words, (2, sentences, longest))
        source, target = words * (torch.arange(longest) < ends)
        made.append((source, target))
    return made


def our_step(size: Dimensions, data: list[tuple[Tensor, Tensor]]) -> Callable[[], object]:
    """Return a function that trains our model by one batch."""
    torch.manual_seed(0)
    model = Transformer(size).train()
    adam = Adam(dict(model.named_parameters()))
    turns = cycle(data)

    def step() -> None:
        source, target = next(turns)
        model.zero_grad()
        words = int((target[:, 1:] != 0).sum())
        gradients(model, source, target, SMOOTHING, words)
        adam.step(1e-4)

    return step


def plain_step(learner: Learner, data: list[tuple[Tensor, Tensor]]) -> Callable[[], object]:
    """Return a function that trains another's model by one batch, as its users write it."""
    model, loss = learner
    adam = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9)
    turns = cycle(data)

    def step() -> None:
        adam.zero_grad()
        loss(*next(turns)).backward()
        adam.step()

    return step


def rows() -> Iterator[Row]:
    """Yield how many steps of ours, and of others, fit into one of torch's."""
    for name, size, lengths, sentences, wanted, pairs in WORKS:
        data = batches(size, lengths, sentences)
        theirs = plain_step(learner(size, SMOOTHING), data)
        measured = ratio(theirs, our_step(size, data), pairs)
        yield Row(f"training step of {name}, nn.Transformer over ours", f"{measured:.2f}", wanted)
        for other in installed():
            if other.learner:
                measured = ratio(theirs, plain_step(other.learner(size, SMOOTHING), data), pairs)
                what = f"training step of {name}, nn.Transformer over {other.name}"
                yield Row(what, f"{measured:.2f}", "beside it")
