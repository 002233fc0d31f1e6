from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from tracetf.decoding import greedy
from tracetf.decoding.greedy import likeliest
from tracetf.recorder import record
from tracetf.transformer import Transformer

NEVER = 99
cached = pytest.mark.parametrize("cached", [True, False], ids=["cached", "uncached"])


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("parts", [[1] * 8, [3, 5], [8], [2, 1, 1, 4], [7, 1]], ids=str)
def test_cached_decoding_gives_the_logits_of_uncached(
    parts: list[int], norm: str, build: Callable, source: Tensor
) -> None:
    model, target = build(norm=norm), torch.randint(3, 13, (2, 8))
    target[1, 6:] = 0
    memory, mask = model.encode(source)
    cache, rows, read = model.cache(), [], 0
    for part in parts:
        read += part
        rows.append(model.decode(target[:, :read], memory, mask, cache))
        assert rows[-1].shape[1] == part
    assert cache.length == 8
    assert_close(torch.cat(rows, dim=1), model.decode(target, memory, mask), atol=2e-5, rtol=0)


def test_a_cache_of_one_batch_knows_nothing_of_another(
    model: Transformer, source: Tensor, target: Tensor
) -> None:
    memory, mask = model.encode(source)
    model.decode(target, memory, mask, model.cache())
    assert_close(model.decode(target, memory, mask, model.cache()), model(source, target), atol=1e-5, rtol=0)


def test_greedy_writes_the_most_probable_word_again_and_again(
    model: Transformer, source: Tensor, written: Callable
) -> None:
    target = torch.ones(2, 1, dtype=torch.long)
    for _ in range(6):
        best = model(source, target)[:, -1].argmax(dim=-1, keepdim=True)
        target = torch.cat([target, best], dim=1)
    assert written() == target[:, 1:].tolist()


def test_the_words_come_out_the_same_with_a_cache(written: Callable) -> None:
    assert written(cached=True, longest=12) == written(cached=False, longest=12)


@cached
def test_a_batch_is_written_as_each_sentence_alone(cached: bool, written: Callable, source: Tensor) -> None:
    alone = [written(source[:1], cached=cached), written(source[1:, :3], cached=cached)]
    assert written(cached=cached) == [words for one in alone for words in one]


@cached
def test_a_sentence_that_has_ended_goes_on_as_padding(cached: bool, written: Callable) -> None:
    assert written() == [[4, 11, 8, 8, 8, 8], [9, 9, 10, 10, 10, 10]]
    assert written(end=11, cached=cached) == [[4, 11, 0, 0, 0, 0], [9, 9, 10, 10, 10, 10]]


@cached
def test_decoding_ends_when_every_sentence_has(cached: bool, written: Callable, source: Tensor) -> None:
    assert written(source[:1], end=8, cached=cached) == [[4, 11, 8]]
    assert written(end=10, longest=12, cached=cached) == [
        [4, 11, 8, 8, 8, 8, 8, 10],
        [9, 9, 10, 0, 0, 0, 0, 0],
    ]


def test_decoding_writes_no_more_than_it_may(written: Callable) -> None:
    assert [len(words) for words in written(longest=3)] == [3, 3]


def test_words_are_handed_out_as_they_are_found(model: Transformer, source: Tensor) -> None:
    words = greedy(model, source, start=1, end=NEVER, longest=10_000, cached=True)
    assert next(words).shape == (2, 1)
    assert next(words).shape == (2, 2)
    words.close()


@cached
def test_every_word_is_a_phase(cached: bool, model: Transformer, source: Tensor) -> None:
    with record(model) as trace:
        list(greedy(model, source, start=1, end=NEVER, longest=3, cached=cached))
    assert trace.phases == ["encode", "decode 1", "decode 2", "decode 3"]
    assert {e.module.split(".")[0] for e in trace.select("*", "encode")} == {"", "encoder"}
    assert {e.module.split(".")[0] for e in trace.select("*", "decode 2")} == {"", "decoder", "output"}
    read = [trace["target", phase].shape[1] for phase in trace.phases[1:]]
    computed = [trace["output.logits", phase].shape[1] for phase in trace.phases[1:]]
    assert read == [1, 2, 3]
    assert computed == ([1, 1, 1] if cached else [1, 2, 3])


def test_likeliest_reads_the_last_row() -> None:
    logits = torch.tensor([[[0.0, 9, 0], [0, 0, 1]], [[9, 0, 0], [1, 2, -9]]])
    assert likeliest(logits).tolist() == [2, 1]


def test_likeliest_shows_the_probabilities_and_the_choice(model: Transformer) -> None:
    logits = torch.randn(2, 3, 13)
    with record(model) as trace:
        choice = likeliest(logits)
    assert {event.path: " ".join(event.axes) for event in trace} == {
        "probabilities": "batch token vocabulary",
        "choice": "batch",
    }
    assert_close(torch.from_numpy(trace["probabilities"].value), logits.softmax(dim=-1))
    assert trace["choice"].value.tolist() == choice.tolist()
