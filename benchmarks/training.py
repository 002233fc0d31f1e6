"""How fast a training step is, beside `torch.nn.Transformer` with a plain loop on the same batches."""

from collections.abc import Callable, Iterator
from itertools import cycle

import torch
from torch import Tensor, nn

from benchmarks.theirs import Theirs
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


def their_step(size: Dimensions, data: list[tuple[Tensor, Tensor]]) -> Callable[[], object]:
    """Return a function that trains torch's model by one batch."""
    torch.manual_seed(0)
    model = Theirs(size).train()
    adam = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9)
    judge = nn.CrossEntropyLoss(ignore_index=0, label_smoothing=SMOOTHING)
    turns = cycle(data)

    def step() -> None:
        source, target = next(turns)
        adam.zero_grad()
        judge(model(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten()).backward()
        adam.step()

    return step


def rows() -> Iterator[Row]:
    """Yield how many steps of ours fit into one of theirs."""
    for name, size, lengths, sentences, wanted, pairs in WORKS:
        data = batches(size, lengths, sentences)
        measured = ratio(their_step(size, data), our_step(size, data), pairs)
        yield Row(f"training step of {name}, nn.Transformer over ours", f"{measured:.2f}", wanted)
