"""What every way to decode has in common: batches, caches, lengths, records."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from tracetf.decoding import beam, greedy, sample
from tracetf.decoding.unfinished import Unfinished
from tracetf.recorder import record
from tracetf.trace import verify
from tracetf.transformer import Transformer

NEVER = 99
HOW: dict[str, dict[str, Any]] = {
    "greedy": {},
    "sample": {"temperature": 2, "top_k": 9, "top_p": 0.95, "seeds": [(7, 1), (7, 2)]},
    "beam": {"width": 3},
}
cached = pytest.mark.parametrize("cached", [True, False], ids=["cached", "uncached"])
every_way = pytest.mark.parametrize(("way", "how"), HOW.items(), ids=HOW)


@every_way
@pytest.mark.parametrize("end", [8, NEVER])
def test_the_words_come_out_the_same_with_a_cache(
    way: str, how: dict[str, Any], end: int, written: Callable
) -> None:
    options = {"way": way, "longest": 12, "end": end, **how}
    assert written(cached=True, **options) == written(cached=False, **options)


@cached
@every_way
@pytest.mark.parametrize("end", [8, 10, NEVER])
def test_a_batch_is_written_as_each_sentence_alone(
    way: str, how: dict[str, Any], end: int, cached: bool, written: Callable, source: Tensor
) -> None:
    seeds = how.get("seeds")
    alone = [
        written(part, way=way, end=end, cached=cached, **how | ({"seeds": seeds[i : i + 1]} if seeds else {}))
        for i, part in enumerate((source[:1], source[1:, :3]))
    ]
    together = written(way=way, end=end, cached=cached, **how)
    longest = max(len(words) for [words] in alone)
    assert together == [words + [0] * (longest - len(words)) for [words] in alone]


@given(
    sentences=st.lists(st.lists(st.integers(3, 10), min_size=1, max_size=6), min_size=1, max_size=5),
    way=st.sampled_from(list(HOW)),
    end=st.integers(3, 12),
)
def test_sentences_of_any_length_are_written_as_alone(
    sentences: list[list[int]], way: str, end: int, build: Callable
) -> None:
    model = build(seed=5)
    longest = [len(words) + 2 for words in sentences]
    padded = torch.tensor([words + [0] * (6 - len(words)) for words in sentences])

    def written(source: Tensor, places: list[int]) -> list[list[int]]:
        how = HOW[way] | ({"seeds": [(place,) for place in places]} if way == "sample" else {})
        run = {"greedy": greedy, "sample": sample, "beam": beam}[way]
        most = [longest[place] for place in places]
        with torch.inference_mode():
            *_, last = run(model, source, start=1, end=end, longest=most, cached=True, **how)
        return [[word for word in words if word] for words in last.tolist()]

    alone = [words for i in range(len(sentences)) for words in written(torch.tensor([sentences[i]]), [i])]
    assert written(padded, list(range(len(sentences)))) == alone


@every_way
def test_each_sentence_may_have_a_length_of_its_own(way: str, how: dict[str, Any], written: Callable) -> None:
    words = written(way=way, longest=[2, 5], **how)
    assert [sum(word != 0 for word in sentence) <= most for sentence, most in zip(words, (2, 5), strict=True)]
    assert words[0][2:] == [0, 0, 0]
    assert words[0][:2] == written(way=way, longest=2, **how)[0]


@cached
@every_way
def test_each_step_hands_out_what_is_written_so_far(
    way: str, how: dict[str, Any], cached: bool, model: Transformer, source: Tensor
) -> None:
    run = {"greedy": greedy, "sample": sample, "beam": beam}[way]
    steps = [s.clone() for s in run(model, source, start=1, end=8, longest=7, cached=cached, **how)]
    assert [step.shape for step in steps] == [(2, words) for words in range(1, len(steps) + 1)]
    if way != "beam":  # whose best hypothesis may be another at each step
        for shorter, longer in pairwise(steps):
            assert torch.equal(longer[:, :-1], shorter)


@cached
@every_way
@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("end", [8, 10, 11])
def test_every_number_of_a_run_is_recomputed(
    way: str, how: dict[str, Any], norm: str, end: int, cached: bool, build: Callable, source: Tensor
) -> None:
    model = build(seed=5, norm=norm)
    run = {"greedy": greedy, "sample": sample, "beam": beam}[way]
    with record(model) as trace, torch.inference_mode():
        list(run(model, source, start=1, end=end, longest=6, cached=cached, **how))
    assert verify(trace), str(verify(trace))
    assert trace.phases[:3] == ["encode", "decode 1", "decode 2"]


@every_way
def test_watching_changes_no_word(
    way: str, how: dict[str, Any], model: Transformer, written: Callable
) -> None:
    plain = written(way=way, end=8, cached=True, **how)
    with record(model):
        assert written(way=way, end=8, cached=True, **how) == plain


def test_a_complete_sentence_leaves_the_batch(model: Transformer, source: Tensor) -> None:
    with record(model) as trace:
        list(greedy(model, source, start=1, end=11, longest=4, cached=True))
    rows = [trace["output.logits", phase].shape[0] for phase in trace.phases[1:]]
    assert rows == [2, 2, 1, 1]
    assert trace["rows.rows", "decode 2"].value.tolist() == [1]
    assert trace["source", "decode 2"].value.tolist() == source[1:].tolist()


def test_selected_rows_go_on_as_if_they_had_always_been_there(model: Transformer, source: Tensor) -> None:
    for cached in (True, False):
        unfinished = Unfinished(model, source, 1, cached)
        unfinished.logits()
        unfinished.append(torch.tensor([5, 6]))
        unfinished.select(torch.tensor([1, 0, 1]))
        unfinished.append(torch.tensor([7, 8, 9]))
        target = torch.tensor([[1, 6, 7], [1, 5, 8], [1, 6, 9]])
        assert torch.equal(unfinished.target, target)
        expected = model(source[[1, 0, 1]], target)[:, -1]
        assert_close(unfinished.logits()[:, -1], expected, atol=2e-5, rtol=0)


def test_exchanged_rows_take_their_words_and_keys_along(model: Transformer, source: Tensor) -> None:
    twice = source[:1].repeat(2, 1)
    unfinished = Unfinished(model, twice, 1, cached=True)
    unfinished.logits()
    unfinished.append(torch.tensor([5, 6]))
    unfinished.logits()
    unfinished.exchange(torch.tensor([1, 0]))
    unfinished.append(torch.tensor([7, 8]))
    target = torch.tensor([[1, 6, 7], [1, 5, 8]])
    assert_close(unfinished.logits()[:, -1], model(twice, target)[:, -1], atol=2e-5, rtol=0)
