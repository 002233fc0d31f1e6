"""How good a model is, while it learns, on pairs that it never learns from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import exp
from typing import Any

import torch
from torch import Tensor, nn

from tracetf.data.pairs import TextPair
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.quality import quality
from tracetf.training.batches import Ids, numbered, token_batches
from tracetf.training.loss import smoothed_loss
from tracetf.translate import Translator

TOKENS = 4096

Weights = Mapping[str, Tensor]


def judge(
    model: Translator, pairs: Sequence[Ids], scored: Sequence[TextPair], smoothing: float = 0.0
) -> dict[str, Any]:
    """Return losses and perplexity on pairs, and how good the translations of sentences are.

    `loss` is that which is learned by, with its smoothing: a model that learns to be a little unsure goes on
    getting better by it when it no longer does by `nll`, the loss without, of which perplexity is made.

    Args:
        pairs: for the losses.
        scored: for exact match, BLEU and chrF; none of these without any.
        smoothing: share of the target spread over all words.
    """
    with in_evaluation(model):
        loss, nll = (held_out_loss(model, pairs, share) for share in (smoothing, 0.0))
        said = {
            "loss": loss,
            "nll": nll,
            "perplexity": exp(min(nll, 700)),
        }  # beyond, it is no number any more
        return said | (quality(model, scored) if scored else {})


@torch.inference_mode()
def held_out_loss(model: EncoderDecoder, pairs: Sequence[Ids], smoothing: float) -> float:
    """Return the mean cross entropy per target token, in nats."""
    device = model.output.weight.device
    words = sum(len(target) + 1 for _, target in pairs)
    longest = max(max(len(source), len(target) + 1) for source, target in pairs)
    loss = 0.0
    for batch in token_batches(pairs, max(TOKENS, longest), seed=0):
        source, target = batch.source.to(device), batch.target.to(device)
        logits = model(source, target[:, :-1])
        loss += smoothed_loss(logits, target[:, 1:], smoothing, model.padding, words).item()
        if batch.epoch:
            break
    return loss


def fitting(model: Translator, pairs: Iterable[TextPair]) -> list[TextPair]:
    """Return the pairs that are short enough for a model."""
    return [pair for pair in pairs if numbered(model, [pair])[0]]


@contextmanager
def in_evaluation(model: nn.Module) -> Iterator[None]:
    """Run a block with a model that drops nothing, and put it back as it was."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


@contextmanager
def lent(model: nn.Module, weights: Weights) -> Iterator[None]:
    """Run a block with other weights in a model, and put its own back."""
    own = {name: parameter.data for name, parameter in model.named_parameters()}
    try:
        _put(weights, model)
        yield
    finally:
        _put(own, model)


def _put(weights: Weights, model: nn.Module) -> None:
    for name, parameter in model.named_parameters():
        parameter.data = weights[name]


def copied(model: nn.Module) -> dict[str, Tensor]:
    """Return the weights of a model as they are now."""
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def averaged(recent: Iterable[Weights]) -> dict[str, Tensor]:
    """Return the mean of several weights, name by name: section 6.1 averages the last checkpoints."""
    rounds = list(recent)
    return {name: torch.stack([weights[name] for weights in rounds]).mean(dim=0) for name in rounds[0]}
