from collections.abc import Callable
from itertools import product
from math import inf

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tracetf.decoding import beam
from tracetf.decoding.beam import begin, extend, may_improve, penalty
from tracetf.recorder import record
from tracetf.transformer import Transformer

END, WORDS, LONGEST = 2, 5, 4
cached = pytest.mark.parametrize("cached", [True, False], ids=["cached", "uncached"])


@pytest.fixture(scope="module")
def small(build: Callable) -> Callable[[int], Transformer]:
    """Return a function that makes a model with five words, so that all of its sentences can be tried."""
    return lambda seed: build(seed=seed, target_words=WORDS, source_words=11)


@torch.no_grad()
def best_of_all(model: Transformer, source: Tensor, alpha: float) -> tuple[list[int], float]:
    """Try every sentence there is: each ends with its first end mark, or has the most words there may be."""
    best: tuple[list[int], float] = ([], -inf)
    for length in range(1, LONGEST + 1):
        for body in product([w for w in range(WORDS) if w != END], repeat=length - 1):
            for last in range(WORDS) if length == LONGEST else [END]:
                words = [*body, last]
                target = torch.tensor([[1, *words[:-1]]])
                log_probabilities = model(source, target).log_softmax(dim=-1)[0]
                total = sum(float(log_probabilities[row, word]) for row, word in enumerate(words))
                score = total / ((5 + length) / 6) ** alpha
                if score > best[1]:
                    best = words, score
    return best


@pytest.mark.parametrize("alpha", [0, 0.6, 3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_beam_wide_enough_finds_the_best_sentence_of_all(
    seed: int, alpha: float, small: Callable, source: Tensor
) -> None:
    model, sentence = small(seed), source[:1]
    expected, _ = best_of_all(model, sentence, alpha)
    for cached in (True, False):
        *_, found = beam(
            *(model, sentence),
            start=1,
            end=END,
            longest=LONGEST,
            cached=cached,
            width=WORDS**LONGEST,
            length_penalty=alpha,
        )
        assert found[0, : len(expected)].tolist() == expected
        assert found[0, len(expected) :].tolist() == [0] * (found.shape[1] - len(expected))


@cached
@pytest.mark.parametrize("end", [8, 10, 99])
def test_a_beam_of_one_is_greedy(end: int, cached: bool, written: Callable) -> None:
    options = {"cached": cached, "end": end, "longest": 12}
    assert written(way="beam", width=1, **options) == written(**options)


@torch.no_grad()
def score(model: Transformer, source: Tensor, words: list[int], end: int, alpha: float = 0.6) -> float:
    words = words[: words.index(end) + 1] if end in words else words
    log_probabilities = model(source, torch.tensor([[1, *words[:-1]]])).log_softmax(dim=-1)[0]
    total = sum(float(log_probabilities[row, word]) for row, word in enumerate(words))
    return total / ((5 + len(words)) / 6) ** alpha


def test_what_a_wide_beam_finds_is_better_than_what_greedy_writes(
    model: Transformer, written: Callable, source: Tensor
) -> None:
    greedy, found = written(end=8, longest=6), written(way="beam", width=50, end=8, longest=6)
    for row in range(2):
        one = source[row : row + 1]
        assert score(model, one, found[row], 8) >= score(model, one, greedy[row], 8) - 1e-5
    assert found != greedy


def test_a_larger_length_penalty_writes_longer_sentences(written: Callable) -> None:
    lengths = [
        sum(
            word != 0
            for words in written(way="beam", width=20, end=8, longest=9, length_penalty=a)
            for word in words
        )
        for a in (0, 1, 6)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_the_penalty_is_the_one_of_wu() -> None:
    lengths = torch.tensor([[1, 7]])
    assert penalty(lengths, 0.6).tolist()[0] == pytest.approx([1, 2**0.6])
    assert penalty(lengths, 0).tolist() == [[1, 1]]


def test_an_ended_hypothesis_stays_as_it_is_and_competes() -> None:
    logits = torch.log(torch.tensor([[[0.1, 0.5, 0.4]]]))  # padding, a word, the end
    kept = extend(begin(1, 1, logits.device), logits, 2, 0, end=2, padding=0)
    assert kept.words.tolist() == [[1, 2]]
    assert kept.ended.tolist() == [[False, True]]
    logits = torch.log(torch.tensor([[[0.1, 0.6, 0.3]], [[0.8, 0.1, 0.1]]]))
    kept = extend(kept, logits, 2, 0, end=2, padding=0)
    assert kept.words.tolist() == [[0, 1]]
    assert kept.parents.tolist() == [[1, 0]]
    assert kept.totals[0].exp().tolist() == pytest.approx([0.4, 0.3])
    assert kept.lengths.tolist() == [[1, 2]]
    assert kept.ended.tolist() == [[True, False]]


def test_the_search_goes_on_only_while_it_can_improve() -> None:
    kept = begin(1, 2, torch.device("cpu"))._replace(
        totals=torch.tensor([[-2.0, -2.1]]),
        lengths=torch.tensor([[3, 3]]),
        ended=torch.tensor([[True, False]]),
    )
    assert not may_improve(kept, 0, torch.tensor([10]))
    assert may_improve(kept, 1, torch.tensor([10]))
    assert not may_improve(kept, 1, torch.tensor([3]))


@given(st.integers(0, 50), st.integers(1, 6), st.sampled_from([0, 0.6, 2]))
def test_kept_hypotheses_are_the_best_and_stand_in_order(seed: int, width: int, alpha: float) -> None:
    logits = torch.randn(4, 1, 7, generator=torch.Generator().manual_seed(seed))
    before = begin(2, 2, logits.device)._replace(totals=torch.tensor([[-1.0, -1.5], [-0.2, -3]]))
    kept = extend(before, logits, width, alpha, end=2, padding=0)
    scores = (kept.totals / penalty(kept.lengths, alpha)).tolist()
    assert scores == [sorted(of_one, reverse=True) for of_one in scores]
    every = (before.totals[..., None] + logits[:, -1].log_softmax(-1).view(2, 2, 7)).flatten(1)
    assert torch.allclose(kept.totals, every.sort(descending=True).values[:, :width])


def test_every_step_shows_the_kept_hypotheses(model: Transformer, source: Tensor) -> None:
    for cached in (True, False):
        with record(model) as trace:
            list(beam(model, source, start=1, end=99, longest=3, cached=cached, width=4))
        assert trace.phases == ["encode", "decode 1", "decode 2", "decode 3"]
        shapes = {name: trace[f"beam.{name}", "decode 3"].shape for name in ("candidates", "words", "totals")}
        assert shapes == {"candidates": (2, 4, 13), "words": (2, 4), "totals": (2, 4)}
        assert trace["target", "decode 3"].shape == (8, 3)
