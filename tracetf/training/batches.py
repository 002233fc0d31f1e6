"""Batches of like length, in an order that a seed decides: section 5.1 of the paper."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from random import Random
from typing import NamedTuple

from torch import Tensor

from tracetf.data.vocabulary import END, PAD, START
from tracetf.translate import Translator, padded

Ids = tuple[Sequence[int], Sequence[int]]
Span = tuple[int, int]


class Batch(NamedTuple):
    """Hold sentences of like length, and where the batch after it is to be found.

    Args:
        source: ids, padded on the right.
        target: ids between start and end mark, padded on the right.
        epoch: of the next batch, from 0: how many times all pairs have been seen.
        position: of the next batch in its epoch, from 0.

    Shapes:
        source: batch source
        target: batch target
    """

    source: Tensor
    target: Tensor
    epoch: int
    position: int


def numbered(model: Translator, pairs: Iterable[tuple[str, str]]) -> tuple[list[Ids], int]:
    """Return the ids of sentence pairs, and how many pairs were left out as too long for the model."""
    reader, writer = model.reader, model.writer
    every = [
        (reader.vocabulary.encode(reader.tokens(source)), writer.vocabulary.encode(writer.tokens(target)))
        for source, target in pairs
    ]
    fitting: list[Ids] = [pair for pair in every if max(map(len, pair)) < model.dimensions.longest]
    return fitting, len(every) - len(fitting)


def sentence_batches(
    pairs: Sequence[Ids], sentences: int, seed: int, epoch: int = 0, position: int = 0
) -> Iterator[Batch]:
    """Yield batches of so many pairs each without end, beginning at any batch of any epoch.

    Args:
        sentences: pairs in a batch; the last may have fewer.

    Raises:
        ValueError: no pairs.
    """
    spans = [(first, first + sentences) for first in range(0, len(pairs), sentences)]
    return _batches(pairs, _by_target, spans, seed, epoch, position)


def token_batches(
    pairs: Sequence[Ids], tokens: int, seed: int, epoch: int = 0, position: int = 0
) -> Iterator[Batch]:
    """Yield batches of so many tokens each without end, beginning at any batch of any epoch.

    Args:
        tokens: most tokens in a batch, on the longer of its two sides, padding counted.

    Raises:
        ValueError: no pairs, or one that is longer than a batch.
    """
    return _batches(pairs, _by_longer, _spans(pairs, tokens), seed, epoch, position)


def _batches(
    pairs: Sequence[Ids],
    like: Callable[[Ids], Span],
    spans: Sequence[Span],
    seed: int,
    epoch: int,
    position: int,
) -> Iterator[Batch]:
    """Shuffle, sort what is alike together, cut, and shuffle the cuts; each pair comes once an epoch.

    Seed, epoch and position say all: the epochs before are shuffled once more, without making their batches.
    """
    if not pairs:
        raise ValueError("there are no sentence pairs to learn from; give at least one")
    chance, order = Random(seed), list(range(len(pairs)))
    for number in count():
        chance.shuffle(order)
        chance.shuffle(cuts := list(spans))
        if number < epoch:
            continue
        alike = sorted(order, key=lambda place: like(pairs[place]))
        for place, (first, last) in enumerate(cuts[position:], position + 1):
            source, target = zip(*(pairs[place] for place in alike[first:last]), strict=True)
            following = (number, place) if place < len(cuts) else (number + 1, 0)
            marked = [[START, *ids, END] for ids in target]
            yield Batch(padded(source, PAD), padded(marked, PAD), *following)
        position = 0


def _by_target(pair: Ids) -> Span:
    return len(pair[1]), len(pair[0])


def _by_longer(pair: Ids) -> Span:
    """Sort by the longer side, then back and forth by how much longer it is: neighbours are alike in both."""
    source, target = _lengths(pair)
    longer = max(source, target)
    return longer, target - source if longer % 2 else source - target


def _lengths(pair: Ids) -> Span:
    """Count what the model reads at once: a target has its start mark before it, or its end mark behind."""
    return len(pair[0]), len(pair[1]) + 1


def _spans(pairs: Sequence[Ids], tokens: int) -> list[Span]:
    """Cut pairs, sorted by length, into batches of so many tokens; it is the same cut in every epoch.

    Raises:
        ValueError: a pair that is longer than a batch.
    """
    lengths = [max(_lengths(pair)) for pair in pairs]
    if max(lengths, default=0) > tokens:
        place = max(range(len(lengths)), key=lengths.__getitem__)
        raise ValueError(
            f"pair {place + 1} has {lengths[place]:,} tokens on one side, more than a batch of {tokens:,}; "
            "leave it out, or take larger batches"
        )
    spans, first = [], 0
    for place, length in enumerate(sorted(lengths)):
        if (place + 1 - first) * length > tokens:
            spans.append((first, place))
            first = place
    return [*spans, (first, len(pairs))]
