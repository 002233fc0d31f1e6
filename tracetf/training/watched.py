"""One training step, in phases that a recorder can tell apart: section 5 of the paper."""

import warnings
from dataclasses import replace
from math import inf
from typing import Any

import torch
from torch import Tensor

from tracetf.taps import phase, tap
from tracetf.training.adam import Adam
from tracetf.training.clip import clip
from tracetf.training.loss import smoothed_loss
from tracetf.training.presets import preset
from tracetf.training.schedule import learning_rate
from tracetf.training.settings import Settings
from tracetf.training.trainer import draw_from
from tracetf.translate import Translator

LEARNING = ("peak", "warmup", "smoothing", "clip", "seed")


class Pupil:
    """Learn one sentence pair, step by step, with dropout and with an Adam that has seen nothing before.

    Args:
        model: is changed in place.
        sentence: what it reads.
        target: what it is to write; what it writes by itself when left out.
        changes: settings to learn by, in place of those that the model was trained by.

    Raises:
        ValueError: a sentence that cannot be read, or nothing that the model writes by itself.
    """

    def __init__(self, model: Translator, sentence: str, target: str | None = None, **changes: Any) -> None:
        self.target = _translated(model, sentence) if target is None else target
        self.model = model
        self.source_ids, self.target_ids = model.pair(sentence, self.target)
        self.settings = replace(learned_by(model), **changes)
        self.parameters = dict(model.named_parameters())
        self.adam = Adam(self.parameters)

    def step(self) -> Tensor:
        """Learn from the pair, and return the loss: sections 5.3 and 5.4.

        Shapes:
            return:
        """
        model, settings, number = self.model.train(), self.settings, self.adam.steps + 1
        draw_from(settings.seed, number)
        with phase("forward"):
            expected = self.target_ids[:, 1:]
            tap(expected=expected)
            logits = model(self.source_ids, self.target_ids[:, :-1])
            tap(probabilities=torch.softmax(logits.detach(), dim=-1))
        with phase("loss"):
            loss = smoothed_loss(logits, expected, settings.smoothing, model.padding, expected.numel())
        with phase("backward"):
            model.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own omission
            clip(self.parameters, settings.clip or inf)
        with phase("update"):
            self.adam.step(learning_rate(number, settings.highest, settings.warmup))
        model.eval()
        return loss.detach()


def _translated(model: Translator, sentence: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # words outside the vocabulary are named when the pair is made
        target = model.translate(sentence)
    if not target:
        raise ValueError("the model writes nothing for this sentence; say with --target what to learn")
    return target


def learned_by(model: Translator) -> Settings:
    """Return the settings that a model was trained by, as far as it tells; else those of the shipped one."""
    size = model.dimensions
    told = {name: model.provenance[name] for name in LEARNING if name in model.provenance}
    return replace(preset("student"), d_model=size.d_model, heads=1, **told)
