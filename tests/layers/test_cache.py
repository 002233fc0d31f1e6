import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from tracetf.layers.attention import MultiHeadAttention
from tracetf.layers.cache import Cache, Kept
from tracetf.recorder import record


@pytest.fixture
def K() -> Tensor:
    return torch.randn(2, 3, 6, 5)


@pytest.fixture
def V() -> Tensor:
    return torch.randn(2, 3, 6, 2)


@pytest.mark.parametrize("parts", [[6], [1] * 6, [2, 4], [5, 1], [3, 0, 3]])
def test_parts_put_in_one_after_the_other_come_out_whole(parts: list[int], K: Tensor, V: Tensor) -> None:
    kept = Kept()
    for k, v in zip(K.split(parts, dim=2), V.split(parts, dim=2), strict=True):
        keys, values = kept.extend(k, v)
    assert torch.equal(keys, K)
    assert torch.equal(values, V)


def test_the_first_keys_are_kept_as_they_are(K: Tensor, V: Tensor) -> None:
    assert Kept().extend(K, V) == (K, V)


def test_what_was_handed_out_before_does_not_change(K: Tensor, V: Tensor) -> None:
    kept = Kept()
    before, _ = kept.extend(K[:, :, :1], V[:, :, :1])
    copy = before.clone()
    kept.extend(K[:, :, 1:], V[:, :, 1:])
    assert torch.equal(before, copy)


def test_keys_of_another_batch_are_refused(K: Tensor, V: Tensor) -> None:
    kept = Kept()
    kept.extend(K, V)
    with pytest.raises(ValueError, match="1 rows of keys do not fit the 2 of the cache; begin a new one"):
        kept.extend(K[:1], V[:1])


@pytest.mark.parametrize("rows", [[1, 0], [1], [0, 0, 1]])
def test_rows_that_go_on_take_their_keys_and_values_along(rows: list[int], K: Tensor, V: Tensor) -> None:
    kept = Kept()
    for word in range(3):
        kept.extend(K[:, :, word : word + 1], V[:, :, word : word + 1])
    kept.rows = torch.tensor(rows)
    new = K[rows, :, 3:], V[rows, :, 3:]
    keys, values = kept.extend(*new)
    assert torch.equal(keys, K[rows])
    assert torch.equal(values, V[rows])
    assert kept.rows is None


def test_a_long_sentence_is_not_copied_at_every_word(K: Tensor, V: Tensor) -> None:
    kept, blocks = Kept(), set()
    for _ in range(100):
        keys, _ = kept.extend(K[:, :, :1], V[:, :, :1])
        blocks.add(keys.untyped_storage().data_ptr())
    assert len(blocks) <= 8


def test_what_is_made_once_is_complete_and_comes_again(K: Tensor, V: Tensor) -> None:
    kept = Kept(once=True)
    assert not kept.complete
    kept.extend(K, V)
    assert kept.complete
    assert kept.again() == (K, V)
    kept.rows = torch.tensor([1, 1])
    keys, values = kept.again()
    assert torch.equal(keys, K[[1, 1]])
    assert torch.equal(values, V[[1, 1]])
    assert kept.again()[0] is keys
    assert not Kept().complete


def test_the_memory_is_projected_once() -> None:
    attention, cache = MultiHeadAttention(12, 3, 5, 2), Kept(once=True)
    x, memory, mask = torch.randn(2, 1, 12), torch.randn(2, 4, 12), torch.ones(2, 1, 4).bool()
    first = attention(x, memory, mask, cache)
    attention.W_K.data.zero_()
    assert torch.equal(attention(x, memory, mask, cache), first)


def test_each_kind_of_change_reaches_the_attentions_it_concerns() -> None:
    rows, cache = torch.tensor([1, 0]), Cache(2)
    cache.exchange(rows)
    assert all(layer.self_attention.rows is rows for layer in cache.layers)
    assert all(layer.cross_attention.rows is None for layer in cache.layers)
    cache.select(rows)
    assert all(layer.cross_attention.rows is rows for layer in cache.layers)


@pytest.mark.parametrize("parts", [[1] * 4, [3, 1], [1, 3]])
def test_attention_with_a_cache_is_attention_over_all_words(parts: list[int]) -> None:
    attention, x = MultiHeadAttention(12, 3, 5, 2), torch.randn(2, 4, 12)
    causal = torch.ones(2, 4, 4).tril().bool()
    cache, rows, begin = Kept(), [], 0
    for part in parts:
        end = begin + part
        new = x[:, begin:end]
        rows.append(attention(new, new, causal[:, begin:end, :end], cache))
        begin = end
    assert_close(torch.cat(rows, dim=1), attention(x, x, causal), atol=1e-6, rtol=0)


def test_a_cache_keeps_each_attention_of_each_layer_apart() -> None:
    cache = Cache(3)
    kept = [kept for layer in cache.layers for kept in (layer.self_attention, layer.cross_attention)]
    assert len({id(one) for one in kept}) == 6
    assert cache.length == 0


def test_a_cache_shows_what_it_keeps_once_there_is_something_kept(K: Tensor, V: Tensor) -> None:
    kept = Kept()
    with record(nn.Identity()) as trace:
        kept.extend(K, V)
        assert len(trace) == 0
        kept.extend(K, V)
    assert [(event.path, event.shape) for event in trace] == [
        ("keys", (2, 3, 12, 5)),
        ("values", (2, 3, 12, 2)),
    ]
