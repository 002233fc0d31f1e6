"""One batch forward and backward, in parts that add up to the whole."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tracetf import Dimensions, Transformer
from tracetf.training import step
from tracetf.training.step import gradients

SIZE = Dimensions(19, 23, d_model=8, heads=2, d_ff=12, layers=1, dropout=0.0)


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    source = torch.tensor([[4, 5, 6, 7], [8, 9, 0, 0], [10, 11, 12, 0]])
    target = torch.tensor([[1, 5, 6, 7, 2], [1, 8, 2, 0, 0], [1, 9, 10, 2, 0]])
    return source, target


def learned(model: Transformer) -> dict[str, Tensor]:
    found = {
        name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None
    }
    model.zero_grad()
    return found


@pytest.mark.parametrize("rows", [0.5, 1, 2, 4, 256])
def test_the_parts_add_up_to_the_gradient_of_the_whole(
    batch: tuple[Tensor, Tensor], rows: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = batch
    model = Transformer(SIZE)
    words = int((target[:, 1:] != 0).sum())
    monkeypatch.setattr(step, "AT_ONCE", int(rows * SIZE.target_words))
    loss = gradients(model, source, target, 0.1, words)
    parts = learned(model)
    logits = model(source, target[:, :-1]).flatten(0, 1)
    whole = cross_entropy(logits, target[:, 1:].flatten(), ignore_index=0, label_smoothing=0.1)
    whole.backward()
    torch.testing.assert_close(loss, whole.detach(), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(parts, learned(model), rtol=2e-5, atol=1e-6)


def test_batches_add_up(batch: tuple[Tensor, Tensor]) -> None:
    source, target = batch
    model = Transformer(SIZE)
    whole = gradients(model, source, target, 0.1, words=9)
    expected = learned(model)
    parts = [gradients(model, source[i : i + 1], target[i : i + 1], 0.1, words=9) for i in range(3)]
    torch.testing.assert_close(sum(parts), whole, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(learned(model), expected, rtol=2e-5, atol=1e-6)


def test_padding_takes_no_part(batch: tuple[Tensor, Tensor]) -> None:
    source, target = batch
    model = Transformer(SIZE)
    gradients(model, source[1:2], target[1:2], 0.1, words=2)
    padded = learned(model)
    gradients(model, source[1:2, :2], target[1:2, :3], 0.1, words=2)
    torch.testing.assert_close(padded, learned(model), rtol=2e-5, atol=1e-7)
