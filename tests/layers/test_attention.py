from collections.abc import Callable
from itertools import product
from math import exp, sqrt

import pytest
import torch
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from torch.testing import assert_close

from tracetf.layers.attention import MultiHeadAttention, project
from tracetf.layers.cache import Kept

BATCH, QUERY, KEY, D_MODEL, HEADS = 2, 4, 6, 12, 3
STEPS = {
    "attention.Q": "batch head query d_k",
    "attention.K": "batch head key d_k",
    "attention.V": "batch head key d_v",
    "attention.keys": "batch head key d_k",
    "attention.values": "batch head key d_v",
    "attention.scores": "batch head query key",
    "attention.scaled": "batch head query key",
    "attention.masked": "batch head query key",
    "attention.weights": "batch head query key",
    "attention.heads": "batch head query d_v",
    "attention.concat": "batch query hd_v",
    "attention.output": "batch query d_model",
}


@pytest.fixture
def attention() -> MultiHeadAttention:
    return MultiHeadAttention(D_MODEL, HEADS, d_k=5, d_v=2)


@pytest.fixture
def x() -> Tensor:
    return torch.randn(BATCH, QUERY, D_MODEL)


@pytest.fixture
def memory() -> Tensor:
    return torch.randn(BATCH, KEY, D_MODEL)


@pytest.fixture
def mask() -> Tensor:
    mask = torch.rand(BATCH, QUERY, KEY) < 0.6
    mask[..., 0] = True
    return mask


def by_hand(layer: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
    """Compute attention as the paper tells it: one sentence, one query, one head, one key after the other."""
    W_Q, W_K, W_V, W_O = (W.detach().double() for W in (layer.W_Q, layer.W_K, layer.W_V, layer.W_O))
    x, memory = x.double(), memory.double()
    output = torch.zeros(BATCH, QUERY, D_MODEL)
    for sentence, query in product(range(BATCH), range(QUERY)):
        concat = []
        for head in range(HEADS):
            q = x[sentence, query] @ W_Q[head]
            shares, values = [], []
            for key in range(KEY):
                k, v = memory[sentence, key] @ W_K[head], memory[sentence, key] @ W_V[head]
                score = sum(a * b for a, b in zip(q.tolist(), k.tolist(), strict=True))
                shares.append(exp(score / sqrt(len(k))) if mask[sentence, query, key] else 0.0)
                values.append(v)
            concat.append(sum(share / sum(shares) * v for share, v in zip(shares, values, strict=True)))
        output[sentence, query] = torch.cat(concat) @ W_O
    return output


def test_attention_is_what_torch_computes(x: Tensor, memory: Tensor, mask: Tensor, seen: Callable) -> None:
    ours = MultiHeadAttention(D_MODEL, HEADS, d_k=4, d_v=4)
    torchs = nn.MultiheadAttention(D_MODEL, HEADS, bias=False, batch_first=True)
    with torch.no_grad():
        inside = [rearrange(W, "head d_model d -> (head d) d_model") for W in (ours.W_Q, ours.W_K, ours.W_V)]
        torchs.in_proj_weight.copy_(torch.cat(inside))
        torchs.out_proj.weight.copy_(ours.W_O.T)
    hidden = ~repeat(mask, "batch query key -> (batch head) query key", head=HEADS)
    output, weights = torchs(x, memory, memory, attn_mask=hidden, average_attn_weights=False)
    assert_close(ours(x, memory, mask), output, atol=2e-5, rtol=0)
    assert_close(seen(ours, x, memory, mask)["weights"], weights, atol=2e-5, rtol=0)


def test_heads_are_torchs_scaled_dot_product(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor, seen: Callable
) -> None:
    step = seen(attention, x, memory, mask)
    heads = scaled_dot_product_attention(step["Q"], step["K"], step["V"], attn_mask=mask[:, None])
    assert_close(step["heads"], heads, atol=2e-5, rtol=0)


@pytest.mark.parametrize(("d_k", "d_v"), [(5, 2), (2, 7), (1, 1)])
def test_values_may_be_of_another_size_than_keys(
    d_k: int, d_v: int, x: Tensor, memory: Tensor, mask: Tensor
) -> None:
    attention = MultiHeadAttention(D_MODEL, HEADS, d_k, d_v)
    assert_close(attention(x, memory, mask), by_hand(attention, x, memory, mask), atol=2e-5, rtol=0)


def test_three_times_one_over_the_root_of_four_is_one_and_a_half(seen: Callable) -> None:
    attention = MultiHeadAttention(4, 1, 4, 4)
    for W in (attention.W_Q, attention.W_K):
        W.data = torch.eye(4)[None]
    q, k = torch.tensor([[[1.0, 1, 1, 0]]]), torch.tensor([[[1.0, 1, 1, 5]]])
    step = seen(attention, q, k, torch.ones(1, 1, 1, dtype=torch.bool))
    assert step["scores"].item() == 3
    assert step["scaled"].item() == 1.5


def test_weights_of_every_query_sum_to_one(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor, seen: Callable
) -> None:
    weights = seen(attention, x, memory, mask)["weights"]
    assert_close(weights.sum(dim=-1), torch.ones(BATCH, HEADS, QUERY))
    assert not torch.allclose(weights.sum(dim=-2), torch.ones(BATCH, HEADS, KEY), atol=0.1)


def test_masked_positions_get_no_weight(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor, seen: Callable
) -> None:
    weights = seen(attention, x, memory, mask)["weights"]
    assert torch.equal(weights == 0, ~repeat(mask, "batch query key -> batch head query key", head=HEADS))


def test_what_a_masked_position_holds_does_not_matter(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor
) -> None:
    mask = torch.ones(BATCH, QUERY, KEY, dtype=torch.bool)
    mask[..., -1] = False
    garbage = memory.clone()
    garbage[:, -1] = 1e6
    assert torch.equal(attention(x, memory, mask), attention(x, garbage, mask))


def test_zeroing_after_the_softmax_and_sharing_out_again_is_the_same_mask(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor, seen: Callable
) -> None:
    step = seen(attention, x, memory, mask)
    zeroed = torch.softmax(step["scaled"], dim=-1) * mask[:, None]
    assert_close(step["weights"], zeroed / zeroed.sum(dim=-1, keepdim=True), atol=1e-6, rtol=0)


def test_self_attention_knows_no_order(attention: MultiHeadAttention, x: Tensor) -> None:
    everything = torch.ones(BATCH, QUERY, QUERY, dtype=torch.bool)
    order = torch.tensor([2, 0, 3, 1])
    shuffled = attention(x[:, order], x[:, order], everything)
    assert_close(shuffled, attention(x, x, everything)[:, order], atol=1e-6, rtol=0)


def test_a_head_stays_between_its_values(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor, seen: Callable
) -> None:
    step = seen(attention, x, memory, mask)
    highest, lowest = step["V"].amax(dim=2, keepdim=True), step["V"].amin(dim=2, keepdim=True)
    assert (step["heads"] <= highest + 1e-6).all()
    assert (step["heads"] >= lowest - 1e-6).all()


def test_values_do_not_decide_the_weights(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor, seen: Callable
) -> None:
    before = seen(attention, x, memory, mask)
    attention.W_V.data.mul_(-3)
    after = seen(attention, x, memory, mask)
    assert torch.equal(before["weights"], after["weights"])
    assert not torch.allclose(before["heads"], after["heads"])


def test_keys_and_values_of_different_lengths_are_refused(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor
) -> None:
    with pytest.raises(RuntimeError, match="size"):
        attention(x, memory[:, :-1], mask)


def test_each_head_has_a_matrix_of_its_own(attention: MultiHeadAttention, x: Tensor) -> None:
    apart = torch.stack([x @ W for W in attention.W_Q], dim=1)
    assert_close(project(x, attention.W_Q), apart, atol=2e-5, rtol=0)


def test_attention_shows_exactly_its_steps(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor, mask: Tensor, watched: Callable
) -> None:
    kept = [step for step in STEPS if step not in ("attention.keys", "attention.values")]
    steps = watched("attention", attention, x, memory, mask)
    assert list(steps) == kept
    assert steps == {step: STEPS[step] for step in kept}


def test_attention_shows_the_kept_keys_and_values_too(
    attention: MultiHeadAttention, x: Tensor, watched: Callable
) -> None:
    cache, first, both = (
        Kept(),
        torch.ones(BATCH, QUERY, QUERY).bool(),
        torch.ones(BATCH, QUERY, 2 * QUERY).bool(),
    )
    assert "attention.keys" not in watched("attention", attention, x, x, first, cache)
    steps = watched("attention", attention, x, x, both, cache)
    assert list(steps.items()) == list(STEPS.items())
