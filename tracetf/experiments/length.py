"""How good translations are, sentence length by length: one vector for a sentence, and what came after it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from tracetf.data.grammar import Pair
from tracetf.data.pairs import TextPair
from tracetf.data.splits import splits
from tracetf.data.vocabulary import END, START
from tracetf.quality import exact_match, translated
from tracetf.recurrent import Bigram
from tracetf.shipped import load
from tracetf.training.lessons import texts
from tracetf.translate import Translator, padded

ALL = 0  # stands for the sentences of all lengths
ADDED = 0.01
SEED = 0


@dataclass(frozen=True)
class Score:
    """Hold how good a model is on some sentences.

    Args:
        exact: share of translations that are right to the letter.
        nll: mean −log probability of the right next token, in nats, with the right ones before it.
    """

    exact: float
    nll: float


@dataclass(frozen=True)
class Lengths:
    """Hold how good each model is on the sentences of each length.

    Args:
        sentences: how many there are, by their length in source words, the mark at the end counted.
        scores: by model, then by length; length 0 stands for all.
    """

    sentences: Mapping[int, int]
    scores: Mapping[str, Mapping[int, Score]]


def measure() -> Lengths:
    """Try a bigram model and the shipped translators on the built-in sentences that they never met.

    The bigram model counted the Korean side of what the others learned from. It does not read the source, so
    what it draws for a sentence is a guess; its nll can be held against theirs all the same.
    """
    corpus = splits("small")
    pairs, expected = corpus.iid, texts(corpus.iid)
    models = {name: load(name) for name in ("gru", "gru-attention", "student")}
    one = models["student"]
    bigram = fitted(one, corpus.train)
    scores = {"bigram": scored(pairs, expected, guesses(bigram, one, pairs), bigram.nll(targets(one, pairs)))}
    for name, model in models.items():
        scores[name] = scored(pairs, expected, translated(model, expected), forced(model, pairs))
    return Lengths(dict(sorted(Counter(len(pair.source) for pair in pairs).items())), scores)


def scored(
    pairs: Sequence[Pair], expected: Sequence[TextPair], written: Sequence[str], nll: Tensor
) -> dict[int, Score]:
    """Return how good translations are, by the length of their source.

    Shapes:
        nll: sentence token
    """
    groups: dict[int, list[int]] = {ALL: list(range(len(pairs)))}
    for place, pair in enumerate(pairs):
        groups.setdefault(len(pair.source), []).append(place)
    return {
        length: Score(
            exact_match([written[i] for i in group], [expected[i].target for i in group]),
            nll[group].sum().item() / sum(len(pairs[i].target) + 1 for i in group),
        )
        for length, group in sorted(groups.items())
    }


def fitted(model: Translator, pairs: Sequence[Pair]) -> Bigram:
    """Return a bigram model that counted the targets, in the tokens of a translator."""
    bigram = Bigram(len(model.target), ADDED, model.padding)
    bigram.learn(targets(model, pairs))
    return bigram


def guesses(bigram: Bigram, model: Translator, pairs: Sequence[Pair]) -> list[str]:
    """Return a sentence for each pair, drawn without a look at its source."""
    chance, longest = Generator().manual_seed(SEED), model.dimensions.longest
    drawn = [bigram.write(START, END, longest, chance) for _ in pairs]
    return [model.text(model.target.decode(sentence)) for sentence in drawn]


@torch.inference_mode()
def forced(model: Translator, pairs: Sequence[Pair]) -> Tensor:
    """Return −log p of each right token, with the right ones before it; 0 at padding.

    Shapes:
        return: sentence token
    """
    source = padded([model.source.encode(pair.source) for pair in pairs], model.padding)
    target = targets(model, pairs)
    logits = model(source, target[:, :-1])
    return functional.cross_entropy(logits.mT, target[:, 1:], ignore_index=model.padding, reduction="none")


def targets(model: Translator, pairs: Sequence[Pair]) -> Tensor:
    """Return the targets as a batch of ids, between start and end mark.

    Shapes:
        return: sentence token
    """
    return padded([[START, *model.target.encode(pair.target), END] for pair in pairs], model.padding)
