"""A target that is not quite certain."""

from math import log

import numpy as np
import torch
from torch.nn import functional

from docs.live.narrow import narrowed
from docs.runs import lesson
from tracetf.training.loss import smoothed_loss, smoothed_target

K, EPSILON, RIGHT = 5, 0.1, 2
expected = torch.tensor([[RIGHT]])
target = smoothed_target(expected, EPSILON, K)[0, 0].numpy()
hard = smoothed_target(expected, 0.0, K)[0, 0].numpy()
floor = -float((target * np.log(target)).sum())


def logits_for(chance: float) -> torch.Tensor:
    """Return logits whose softmax gives the right word this chance, the others equal parts."""
    chances = torch.full((1, 1, K), (1 - chance) / (K - 1), dtype=torch.float64)
    chances[0, 0, RIGHT] = chance
    return chances.log()


def loss(chance: float, epsilon: float) -> float:
    """Return the loss when the right word has this chance."""
    return float(smoothed_loss(logits_for(chance), expected, epsilon, -1, 1))


CHANCES = [0.3 + 0.005 * step for step in range(140)]
plain = [(chance, loss(chance, 0.0)) for chance in CHANCES]
smoothed = [(chance, loss(chance, EPSILON)) for chance in CHANCES]
best = min(smoothed, key=lambda point: point[1])
SURE = (0.9, 0.92, 0.99, 0.999)
sure = [[loss(chance, 0.0) for chance in SURE], [loss(chance, EPSILON) for chance in SURE]]

some = torch.tensor([[[1.0, 0.5, 2.0, -1.0, 0.0]]], dtype=torch.float64)
ours = float(smoothed_loss(some, expected, EPSILON, -1, 1))
of_torch = float(functional.cross_entropy(some[0], expected[0], label_smoothing=EPSILON))
difference = abs(ours - of_torch)
gap = log((1 - EPSILON + EPSILON / K) / (EPSILON / K))

# the loss of one training step of the shipped model
trace = lesson.trace
explored = narrowed(trace, "expected", "output.logits", "probabilities", "loss.*")
surest = int(lesson.right.argmax())
cell = f"{surest}.{trace['expected'].value[0, surest]}"
too_sure = [word for word, p in zip(lesson.predicts, lesson.right, strict=True) if p > lesson.on_right]
gradient = trace["output.logits"].gradient
over = (trace["probabilities"].value - trace["loss.smoothed_target"].value) / len(lesson.predicts)
apart = float(np.abs(gradient - over).max())
