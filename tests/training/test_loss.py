"""The loss against torch's own, against the dense target it stands for, and in parts."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div

from tracetf.recorder import record
from tracetf.training.loss import smoothed_loss, smoothed_target

PADDING = 0


def rows(seed: int, vocabulary: int = 7) -> tuple[Tensor, Tensor, int]:
    """Return logits of two sentences, the second with padding; what is expected; how many words count."""
    chance = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(2, 4, vocabulary, generator=chance)
    expected = torch.randint(1, vocabulary, (2, 4), generator=chance)
    expected[1, 2:] = PADDING
    return logits.requires_grad_(), expected, 6


@given(st.floats(0, 0.99), st.integers(0, 2**16))
def test_the_loss_and_its_gradient_are_those_of_torch(smoothing: float, seed: int) -> None:
    logits, expected, words = rows(seed)
    loss = smoothed_loss(logits, expected, smoothing, PADDING, words)
    theirs = cross_entropy(
        logits.flatten(0, 1), expected.flatten(), ignore_index=PADDING, label_smoothing=smoothing
    )
    torch.testing.assert_close(loss, theirs, rtol=2e-5, atol=2e-5)
    [ours], [their] = torch.autograd.grad(loss, logits), torch.autograd.grad(theirs, logits)
    torch.testing.assert_close(ours, their, rtol=2e-5, atol=2e-7)


@given(st.floats(0.01, 0.9), st.integers(0, 2**16))
def test_the_loss_is_the_cross_entropy_with_the_smoothed_target(smoothing: float, seed: int) -> None:
    logits, expected, words = rows(seed)
    target = smoothed_target(expected, smoothing, logits.shape[-1])
    counts = expected != PADDING
    log_probabilities = logits.log_softmax(-1)[counts]
    loss = smoothed_loss(logits, expected, smoothing, PADDING, words)
    torch.testing.assert_close(target.sum(-1), torch.ones(2, 4))
    torch.testing.assert_close(loss, -(target[counts] * log_probabilities).sum() / words)
    entropy = -(target[counts] * target[counts].log()).sum() / words
    divergence = kl_div(log_probabilities, target[counts], reduction="sum") / words
    torch.testing.assert_close(loss, divergence + entropy)
    assert loss >= entropy


@given(st.floats(0.01, 0.9), st.integers(0, 2**16))
def test_spreading_over_the_other_words_alone_is_the_same_with_another_share(share: float, seed: int) -> None:
    logits, expected, _ = rows(seed)
    vocabulary = logits.shape[-1]
    over_the_others = torch.full((2, 4, vocabulary), share / (vocabulary - 1))
    over_the_others.scatter_(-1, expected[..., None], 1 - share)
    smoothing = share * vocabulary / (vocabulary - 1)
    torch.testing.assert_close(smoothed_target(expected, smoothing, vocabulary), over_the_others)


def test_parts_of_a_batch_add_up_to_the_whole() -> None:
    logits, expected, words = rows(0)
    whole = smoothed_loss(logits, expected, 0.1, PADDING, words)
    parts = [smoothed_loss(logits[i : i + 1], expected[i : i + 1], 0.1, PADDING, words) for i in range(2)]
    torch.testing.assert_close(whole, sum(parts))
    [gradient], [sums] = torch.autograd.grad(whole, logits), torch.autograd.grad(sum(parts), logits)
    torch.testing.assert_close(gradient, sums)


def test_padding_has_no_loss_and_sends_no_gradient_back() -> None:
    logits, expected, words = rows(0)
    smoothed_loss(logits, expected, 0.1, PADDING, words).backward()
    assert (logits.grad[1, 2:] == 0).all()
    assert (logits.grad[expected != PADDING] != 0).all()


def test_an_improbable_word_has_a_finite_loss() -> None:
    logits = torch.tensor([[[0.0, 1e4]]])
    assert smoothed_loss(logits, torch.tensor([[0]]), 0.0, 1, 1).item() == pytest.approx(1e4)


def test_the_target_is_made_only_to_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counting(*given: object) -> Tensor:
        made.append(given)
        return smoothed_target(*given)

    monkeypatch.setattr("tracetf.training.loss.smoothed_target", counting)
    logits, expected, words = rows(0)
    loss = smoothed_loss(logits, expected, 0.1, PADDING, words)
    assert not made
    with record() as trace:
        assert torch.equal(smoothed_loss(logits, expected, 0.1, PADDING, words), loss)
    assert len(made) == 1
    assert trace["loss.smoothed_target"].shape == logits.shape
