"""Translations by length: the same numbers as by other ways, and the order of the models."""

from collections import Counter
from itertools import pairwise
from math import log

import pytest

import tracetf
from tracetf.data.splits import splits
from tracetf.data.vocabulary import END, START
from tracetf.experiments import length
from tracetf.experiments.length import ADDED, ALL
from tracetf.quality import quality
from tracetf.training.batches import numbered
from tracetf.training.judging import held_out_loss
from tracetf.training.lessons import texts


@pytest.fixture(scope="module")
def corpus():
    return splits("small")


@pytest.fixture(scope="module")
def found(corpus):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(length, "splits", lambda tier: corpus)  # made once is enough
        return length.measure()


def test_every_sentence_is_in_one_length(found, corpus):
    assert found.sentences == dict(sorted(Counter(len(pair.source) for pair in corpus.iid).items()))
    for scores in found.scores.values():
        assert list(scores) == [ALL, *found.sentences]
        right = sum(count * scores[words].exact for words, count in found.sentences.items())
        assert right / len(corpus.iid) == pytest.approx(scores[ALL].exact)


@pytest.mark.parametrize("name", ["gru", "student"])
def test_scores_are_those_of_the_judges_of_a_training(name, found, corpus):
    model, pairs = tracetf.load(name), texts(corpus.iid)
    assert found.scores[name][ALL].exact == pytest.approx(quality(model, pairs)["exact_match"])
    loss = held_out_loss(model, numbered(model, pairs)[0], 0.0)
    assert found.scores[name][ALL].nll == pytest.approx(loss, abs=2e-5)


def test_the_bigrams_nll_is_that_of_a_counter(found, corpus):
    vocabulary = tracetf.load().target
    said = {
        name: [[START, *vocabulary.encode(pair.target), END] for pair in pairs]
        for name, pairs in (("train", corpus.train), ("iid", corpus.iid))
    }
    followed = Counter(pair for sentence in said["train"] for pair in pairwise(sentence))
    last = Counter(word for sentence in said["train"] for word in sentence[:-1])
    nll = [
        -log((followed[pair] + ADDED) / (last[pair[0]] + ADDED * len(vocabulary)))
        for sentence in said["iid"]
        for pair in pairwise(sentence)
    ]
    assert found.scores["bigram"][ALL].nll == pytest.approx(sum(nll) / len(nll), abs=2e-5)


def test_each_model_is_better_than_what_came_before_it(found):
    order = [found.scores[name][ALL] for name in ("bigram", "gru", "gru-attention", "student")]
    assert all(one.nll > other.nll and one.exact <= other.exact for one, other in pairwise(order))
    gru = found.scores["gru"]
    assert gru[5].exact > gru[6].exact > gru[7].exact
    assert {score.exact for score in found.scores["student"].values()} == {1}
