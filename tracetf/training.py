"""The paper's training, section 5: teacher forcing, Adam, warm-up, label smoothing."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import sqrt

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tracetf.data.grammar import Pair
from tracetf.data.splits import Splits
from tracetf.data.vocabulary import END, START, Vocabulary
from tracetf.dimensions import Dimensions
from tracetf.translate import Translator, padded


@dataclass(frozen=True)
class Recipe:
    """Say how to train; the defaults made the shipped model.

    Args:
        steps: optimiser steps.
        batch: sentences a step.
        peak: highest learning rate, reached when the warm-up ends.
        warmup: optimiser steps over which the learning rate rises.
        smoothing: share of the target spread evenly over the vocabulary, section 5.4.
        clip: largest norm of the gradient.
        seed: of the weights, the batches and the dropout.
    """

    steps: int = 1200
    batch: int = 128
    peak: float = 3e-3
    warmup: int = 200
    smoothing: float = 0.1
    clip: float = 1.0
    seed: int = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """Say how far training is: optimiser step, mean loss per word in nats, learning rate."""

    step: int
    loss: float
    rate: float


def train(model: Translator, pairs: Sequence[Pair], recipe: Recipe) -> Iterator[Progress]:
    """Train a model in place, yielding after every step how it goes: section 5."""
    torch.manual_seed(recipe.seed)
    adam = torch.optim.Adam(model.parameters(), lr=recipe.peak, betas=(0.9, 0.98), eps=1e-9)
    model.train()
    for step, (source, target) in zip(
        range(1, recipe.steps + 1), batches(model, pairs, recipe), strict=False
    ):
        rate = learning_rate(step, recipe.peak, recipe.warmup)
        adam.param_groups[0]["lr"] = rate
        adam.zero_grad()
        loss = smoothed_loss(model(source, target[:, :-1]), target[:, 1:], recipe.smoothing, model.padding)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own omission
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        adam.step()
        yield Progress(step, loss.item(), rate)
    model.eval()


def student(corpus: Splits, recipe: Recipe) -> Translator:
    """Return the untrained model that ships trained: small enough to learn its corpus in a minute or two."""
    torch.manual_seed(recipe.seed)
    source = Vocabulary.from_sentences(pair.source for pair in corpus.train)
    target = Vocabulary.from_sentences(pair.target for pair in corpus.train)
    size = Dimensions(
        len(source), len(target), d_model=64, heads=4, d_ff=128, layers=2, longest=64, dropout=0.1
    )
    return Translator(
        size, source, target, provenance={"corpus": "small", "torch": torch.__version__, **asdict(recipe)}
    )


def learning_rate(step: int, peak: float, warmup: int) -> float:
    """Rise evenly to `peak` over the warm-up, then fall with 1/√step: equation 3.

    With peak = 1/√(d_model · warmup) it is the paper's own curve.

    Args:
        step: optimiser step, from 1.
        peak: highest learning rate.
        warmup: optimiser steps.
    """
    return peak * min(step / warmup, sqrt(warmup / step))


def smoothed_loss(logits: Tensor, expected: Tensor, smoothing: float, padding: int) -> Tensor:
    """Return the mean cross entropy per word against a target of which a share is spread evenly: section 5.4.

    Args:
        smoothing: share ε; every word of the vocabulary gets ε / K of it.
        padding: the id that does not count.

    Shapes:
        logits: batch token vocabulary
        expected: batch token
        return:
    """
    return cross_entropy(
        logits.flatten(0, 1), expected.flatten(), ignore_index=padding, label_smoothing=smoothing
    )


def batches(model: Translator, pairs: Sequence[Pair], recipe: Recipe) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of like length without end, in an order that the seed decides.

    Shapes:
        return: batch source, batch target
    """
    chance = random.Random(recipe.seed)
    ids = [
        (model.source.encode(pair.source), [START, *model.target.encode(pair.target), END]) for pair in pairs
    ]
    while True:
        chance.shuffle(ids)
        by_length = sorted(ids, key=lambda pair: (len(pair[1]), len(pair[0])))
        bounds = list(range(0, len(by_length), recipe.batch))
        chance.shuffle(bounds)
        for first in bounds:
            source, target = zip(*by_length[first : first + recipe.batch], strict=True)
            yield padded(source, model.padding), padded(target, model.padding)
