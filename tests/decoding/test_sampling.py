from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tracetf.decoding.sampling import draw
from tracetf.recorder import record
from tracetf.transformer import Transformer

LOGITS = torch.tensor([[[9.0, 0, 0, 0, 0], [1.5, -0.5, 0.7, 0.7, -2]]])
DRAWS = 20_000


def drawn(temperature: float = 1, top_k: float = 99, top_p: float = 1) -> Tensor:
    uniform = torch.from_numpy(np.random.default_rng(0).random(DRAWS))
    return draw(LOGITS.expand(DRAWS, -1, -1), uniform, temperature, top_k, top_p)


def chi_square(words: Tensor, probabilities: Tensor) -> float:
    expected = probabilities * len(words)
    seen = words.bincount(minlength=len(probabilities))
    assert (seen[probabilities == 0] == 0).all()
    possible = probabilities > 0
    return float(((seen - expected)[possible] ** 2 / expected[possible]).sum())


@pytest.mark.parametrize("temperature", [0.5, 1, 3])
def test_words_are_drawn_as_often_as_they_are_probable(temperature: float) -> None:
    probabilities = torch.softmax(LOGITS[0, -1].double() / temperature, dim=-1)
    assert chi_square(drawn(temperature), probabilities) < 13.3  # 1 % of fair draws exceed it
    assert chi_square(drawn(temperature), torch.softmax(LOGITS[0, -1].double() / 2, dim=-1)) > 100


@pytest.mark.parametrize(
    ("top_k", "top_p", "kept"),
    [
        (1, 1, [0]),
        (2, 1, [0, 2]),
        (3, 1, [0, 2, 3]),
        (99, 0.01, [0]),
        (99, 0.7, [0, 2]),
        (99, 0.9, [0, 2, 3]),
        (99, 1, [0, 1, 2, 3, 4]),
        (2, 0.99, [0, 2]),
        (5, 0.7, [0, 2]),
    ],
)
def test_only_kept_words_are_drawn_and_each_in_its_proportion(
    top_k: int, top_p: float, kept: list[int]
) -> None:
    probabilities = torch.zeros(5, dtype=torch.float64)
    probabilities[kept] = torch.softmax(LOGITS[0, -1, kept].double(), dim=-1)
    words = drawn(top_k=top_k, top_p=top_p)
    assert words.unique().tolist() == kept
    assert chi_square(words, probabilities) < 13.3


@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True), st.floats(0.1, 5), st.floats(0.05, 1))
def test_a_draw_agrees_with_numpys_own_inverse(
    seed: int, uniform: float, temperature: float, top_p: float
) -> None:
    logits = torch.randn(1, 2, 30, generator=torch.Generator().manual_seed(seed))
    scaled = logits[0, -1].double().numpy() / temperature
    share = np.exp(scaled - scaled.max()) / np.exp(scaled - scaled.max()).sum()
    order = np.argsort(-share)
    some = order[: np.searchsorted(np.cumsum(share[order]), top_p * (1 - 1e-9)) + 1]
    word = int(draw(logits, torch.tensor([uniform]), temperature, 99, top_p))
    assert word in some
    line = np.cumsum(np.where(np.isin(np.arange(30), some), share, 0))
    before = line[word - 1] if word else 0
    assert before - 1e-5 <= uniform * line[-1] <= line[word] + 1e-5


@pytest.mark.parametrize("ends", [0.0, 1 - 2**-53])
def test_the_ends_of_the_line_are_words(ends: float) -> None:
    logits = torch.tensor([[[-200.0, 0, 0, -200]]])
    assert draw(logits, torch.tensor([ends], dtype=torch.float64), 1, 99, 1).item() in (1, 2)


def test_equally_probable_words_count_from_the_first(written: Callable) -> None:
    level = torch.zeros(1, 1, 9)
    high = torch.tensor([0.999], dtype=torch.float64)
    assert draw(level, high, 1, 3, 1).tolist() == [2]
    assert draw(level, high, 1, 99, 1).tolist() == [8]


@pytest.mark.parametrize("how", [{"top_k": 1}, {"top_p": 1e-9}, {"temperature": 1e-4}])
def test_with_one_word_to_draw_from_sampling_is_greedy(how: dict[str, float], written: Callable) -> None:
    seeds = [[3], [4]]
    assert written(way="sample", seeds=seeds, longest=12, **how) == written(longest=12)


def test_a_seed_gives_the_same_words_again_and_another_seed_others(written: Callable) -> None:
    def words(*seeds: int) -> list[list[int]]:
        return written(way="sample", temperature=3, seeds=[(seed,) for seed in seeds])

    assert words(1, 2) == words(1, 2)
    assert words(1, 2) != words(3, 2)
    assert words(1, 2)[1] == words(3, 2)[1]


def test_the_draws_are_none_of_torchs(written: Callable) -> None:
    before = torch.get_rng_state()
    written(way="sample", temperature=3, seeds=[[1], [2]])
    assert torch.equal(torch.get_rng_state(), before)


def test_drawing_shows_its_steps(model: Transformer) -> None:
    with record(model) as trace:
        choice = draw(torch.randn(2, 3, 13), torch.rand(2), 1, 4, 0.9)
    assert {event.path: " ".join(event.axes) for event in trace} == {
        "sampling.tempered": "batch vocabulary",
        "sampling.kept": "batch vocabulary",
        "sampling.candidates": "batch vocabulary",
        "sampling.uniform": "batch",
        "sampling.choice": "batch",
    }
    assert trace["sampling.choice"].value.tolist() == choice.tolist()
    assert trace["sampling.kept"].value.sum(axis=-1).max() <= 4
