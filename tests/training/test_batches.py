import random
from functools import partial
from itertools import islice, pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tracetf.data.vocabulary import END, PAD, START
from tracetf.training.batches import Batch, Ids, numbered, sentence_batches, token_batches
from tracetf.translate import Translator

LENGTHS = st.tuples(st.integers(1, 12), st.integers(1, 12))
TOKENS = 40


def of_lengths(lengths: list[tuple[int, int]]) -> list[Ids]:
    """Return pairs of these lengths, of which no two have the same words."""
    return [([5 + place] * source, [5 + place] * target) for place, (source, target) in enumerate(lengths)]


def real(count: int) -> list[Ids]:
    """Return pairs whose sides are about as long as one another, as translations are."""
    chance = random.Random(1)
    sources = [max(2, round(chance.gauss(14, 5))) for _ in range(count)]
    return of_lengths([(source, max(2, round(source * chance.gauss(1, 0.15)))) for source in sources])


STREAMS = {
    "sentences": lambda pairs, *place: sentence_batches(pairs, 7, 3, *place),
    "tokens": lambda pairs, *place: token_batches(pairs, TOKENS, 3, *place),
}
both = pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)


def epochs(stream, pairs, count: int) -> list[list[Batch]]:
    found: list[list[Batch]] = [[] for _ in range(count)]
    epoch, batches = 0, stream(pairs)
    while epoch < count:
        batch = next(batches)
        found[epoch].append(batch)
        epoch = batch.epoch
    return found


def padding(epoch: list[Batch]) -> float:
    """Return the share of padding in what the model reads."""
    sides = [side for batch in epoch for side in (batch.source, batch.target[:, 1:])]
    return sum(int((side == PAD).sum()) for side in sides) / sum(side.numel() for side in sides)


def content(batch: Batch) -> tuple:
    return batch.source.tolist(), batch.target.tolist(), batch.epoch, batch.position


@both
@given(st.lists(LENGTHS, min_size=1, max_size=60))
def test_every_pair_comes_once_an_epoch_between_its_marks(stream, lengths):
    pairs = of_lengths(lengths)
    for epoch in epochs(stream, pairs, 2):
        rows = [row for batch in epoch for row in zip(*content(batch)[:2], strict=True)]
        unpadded = [tuple([id for id in side if id != PAD] for side in row) for row in rows]
        assert sorted(unpadded) == sorted((source, [START, *target, END]) for source, target in pairs)
        for batch in epoch:
            for side in (batch.source, batch.target):
                assert (side != PAD).any(dim=0).all()  # no column of padding alone


@given(st.lists(LENGTHS, min_size=1, max_size=60), st.integers(13, 100))
def test_a_batch_keeps_within_its_tokens_and_has_no_room_for_the_next_pair(lengths, tokens):
    sizes = []
    for batch in epochs(lambda pairs: token_batches(pairs, tokens, 0), of_lengths(lengths), 1)[0]:
        rows = [(side != PAD).sum(dim=1) for side in (batch.source, batch.target[:, 1:])]
        longer = torch.maximum(*rows)
        sizes.append((int(longer.min()), int(longer.max()), -len(longer)))
    assert all(-rows * longest <= tokens for _, longest, rows in sizes)
    neighbours = pairwise(sorted(sizes))
    assert all(
        (1 - rows) * shortest_of_next > tokens for (_, _, rows), (shortest_of_next, _, _) in neighbours
    )


@both
def test_a_stream_goes_on_from_any_batch(stream):
    pairs = real(100)
    whole = [content(batch) for batch in islice(stream(pairs), 60)]
    for done in (0, 1, 7, 20, 41):
        place = whole[done - 1][2:] if done else (0, 0)
        assert [content(batch) for batch in islice(stream(pairs, *place), 60 - done)] == whole[done:]


@both
def test_the_seed_decides_the_order_and_each_epoch_has_its_own(stream):
    pairs = real(200)
    first, second = epochs(stream, pairs, 2)
    assert [content(batch) for batch in first] == [content(batch) for batch in epochs(stream, pairs, 1)[0]]
    assert len(first) == len(second)
    assert [batch.source.tolist() for batch in first] != [batch.source.tolist() for batch in second]
    lengths = [batch.source.shape[1] for batch in first]
    assert lengths != sorted(lengths)


def test_another_seed_gives_another_order():
    pairs = real(50)
    orders = [next(token_batches(pairs, TOKENS, seed)).source.tolist() for seed in range(3)]
    assert orders[0] != orders[1] != orders[2]


def test_batches_of_tokens_pad_little():
    pairs = real(20_000)
    streams = [partial(token_batches, tokens=size, seed=0) for size in (400, 4096, 25_000)]
    shares = [padding(epochs(stream, pairs, 1)[0]) for stream in streams]
    assert shares[0] < 0.02
    assert shares[1] < 0.05
    assert shares[2] < 0.12


def test_batches_of_sentences_are_those_that_the_shipped_model_learned_from():
    pairs = real(300)
    chance, ids = random.Random(3), list(pairs)
    stream = sentence_batches(pairs, 7, 3)
    for _ in range(2):
        chance.shuffle(ids)
        by_length = sorted(ids, key=lambda pair: (len(pair[1]), len(pair[0])))
        bounds = list(range(0, len(ids), 7))
        chance.shuffle(bounds)
        for first in bounds:
            source, target = next(stream)[:2]
            for row, pair in enumerate(by_length[first : first + 7]):
                assert [id for id in source[row].tolist() if id] == pair[0]
                assert [id for id in target[row].tolist() if id] == [START, *pair[1], END]


def test_a_pair_that_is_longer_than_a_batch_is_named():
    with pytest.raises(
        ValueError, match="pair 2 has 50 tokens on one side, more than a batch of 40; leave it out, or take"
    ):
        next(token_batches(of_lengths([(3, 3), (3, 49), (41, 3)]), TOKENS, 0))


@both
def test_no_pairs_are_refused(stream):
    with pytest.raises(ValueError, match="there are no sentence pairs to learn from; give at least one"):
        next(stream([]))


def test_pairs_are_numbered_once_and_those_too_long_are_left_out(translator: Translator):
    longest = "you " * (translator.dimensions.longest - 2)
    fitting = [("I am a student", "나는 학생이다"), (longest, "너")]
    pairs = [*fitting, ("you " + longest, "너"), ("you", "나" + " 나" * 15)]
    ids, left_out = numbered(translator, pairs)
    assert left_out == 2
    assert ids[0] == (
        translator.source.encode(["i", "am", "a", "student", "."]),
        translator.target.encode(["나", "##는", "학생", "##이다", "."]),
    )
    batch = next(sentence_batches(ids, 2, 0))
    assert translator(batch.source, batch.target[:, :-1]).shape[:2] == (2, batch.target.shape[1] - 1)
    assert batch.source.dtype == torch.int64
