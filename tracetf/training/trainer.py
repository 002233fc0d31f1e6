"""The loop: section 5 of the paper."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from math import inf, isfinite

import torch

from tracetf.encoder_decoder import EncoderDecoder
from tracetf.training.batches import Batch, Ids, sentence_batches, token_batches
from tracetf.training.clip import clip
from tracetf.training.distributed import Processes
from tracetf.training.schedule import learning_rate
from tracetf.training.settings import Settings
from tracetf.training.state import State
from tracetf.training.step import gradients


@dataclass(frozen=True, slots=True)
class Progress:
    """Say what one step of training did.

    Args:
        step: which, from 1.
        epoch: which time through the pairs, from 1.
        loss: mean loss per target token, smoothing included, in nats.
        rate: learning rate.
        norm: of the gradient, before clipping.
        tokens: target tokens learned from, without padding.
    """

    step: int
    epoch: int
    loss: float
    rate: float
    norm: float
    tokens: int


def train(
    model: EncoderDecoder,
    pairs: Sequence[Ids],
    settings: Settings,
    state: State | None = None,
    together: Processes | None = None,
) -> Iterator[Progress]:
    """Train a model in place, yielding after every step how it went: section 5.

    At each step the model is in training mode; to use it in between, call `eval()`. At the end it is not.

    Args:
        pairs: ids of the source and the target sentences.
        state: how far training is, which moves on with every step; from the beginning when left out.
        together: the processes that share the work; this one alone when left out.

    Raises:
        ValueError: the loss or the gradient is not finite; the weights are then those before that step.
    """
    state, together = state or State.of(model), together or Processes()
    parameters = dict(model.named_parameters())
    stream = _batches(pairs, settings, state)
    while state.step < settings.steps:
        step, epoch, group = state.step + 1, state.epoch + 1, list(islice(stream, settings.accumulate))
        words = sum(int((batch.target[:, 1:] != model.padding).sum()) for batch in group)
        loss = _learn_from(group, words, model, settings, step, together)
        norm = float(clip(parameters, settings.clip or inf))
        if not (isfinite(loss) and isfinite(norm)):
            raise ValueError(
                f"at step {step} the loss is {loss} and the norm of its gradient {norm}; "
                "take a lower peak, a longer warmup, or clip the gradient"
            )
        rate = learning_rate(step, settings.highest, settings.warmup)
        state.adam.step(rate)
        state.step, state.epoch, state.position = step, group[-1].epoch, group[-1].position
        yield Progress(step, epoch, loss, rate, norm, words)
    model.eval()


def _batches(pairs: Sequence[Ids], settings: Settings, state: State) -> Iterator[Batch]:
    place = (settings.seed, state.epoch, state.position)
    if settings.batch:
        return sentence_batches(pairs, settings.batch, *place)
    return token_batches(pairs, settings.batch_tokens, *place)


def _learn_from(
    group: Sequence[Batch],
    words: int,
    model: EncoderDecoder,
    settings: Settings,
    step: int,
    together: Processes,
) -> float:
    """Leave in the model the gradient of the loss of a group of batches, and return that loss.

    Args:
        words: target tokens in all of them, padding left out, by which the sum is divided.
    """
    if not model.training:
        model.train()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    loss = torch.zeros(1, device=together.device)
    for place, batch in enumerate(group):
        source, target = together.share(batch.source), together.share(batch.target)
        if len(source):
            draw_from(settings.seed, step, place, together.rank)
            with torch.autocast(source.device.type, torch.bfloat16, settings.precision == "bfloat16"):
                loss += gradients(model, source, target, settings.smoothing, words)
    together.add_up(
        [loss, *(parameter.grad for parameter in model.parameters() if parameter.grad is not None)]
    )
    return loss.item()


def draw_from(*place: int) -> None:
    """Let the random numbers that follow depend on a place in the training, and on nothing before it.

    So dropout needs no state to be kept, and nothing that draws in between (a snapshot, a learner who
    translates a sentence) changes what is learned.
    """
    seed = int.from_bytes(blake2b(repr(place).encode(), digest_size=8).digest(), "big")
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]  # torch's own omission
        torch.cuda.manual_seed(seed)
