"""A learning rate that rises, then falls."""

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path
from unittest.mock import patch

import numpy as np

from docs.live.kept import kept
from tracetf.training.batches import numbered
from tracetf.training.lessons import read_lessons, translator
from tracetf.training.presets import preset
from tracetf.training.schedule import learning_rate
from tracetf.training.trainer import train

VARIES = ("last",)
CASES = ((512, 4000), (512, 8000), (256, 4000))
peaks = [1 / sqrt(d_model * warmup) for d_model, warmup in CASES]
curves_of = {
    f"d_model {d}, warm-up {w}": [
        (step, 1000 * learning_rate(step, 1 / sqrt(d * w), w)) for step in range(1, 20001, 100)
    ]
    for d, w in CASES[:2]
}
first = [learning_rate(step, peaks[0], 4000) for step in range(1, 6)]
at = {step: learning_rate(step, peaks[0], 4000) for step in (1, 1000, 4000, 16000)}

# the same model, with a warm-up, and at full rate from the first step until the other's begins to fall
SETTINGS = replace(
    preset("student"),
    corpus="nano",
    d_model=48,
    heads=2,
    d_ff=96,
    steps=150,
    batch=48,
    seed=1,
    peak=1e-2,
    warmup=60,
    clip=0.0,
)


def never_rising(step: int, peak: float, warmup: int) -> float:
    """Return the rate without its rise."""
    return peak * min(1, sqrt(warmup / step))


def _learn(folder: Path) -> None:
    lessons, told = read_lessons(SETTINGS), {}
    for name, schedule in (("warm-up", learning_rate), ("none", never_rising)):
        student = translator(SETTINGS, lessons)
        pairs, _ = numbered(student, lessons.learned[:3000])
        with patch("tracetf.training.trainer.learning_rate", schedule):
            told[name] = [(step.step, step.loss) for step in train(student, pairs, SETTINGS)]
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


losses = json.loads((kept("warmup", _learn) / "told.json").read_text("utf-8"))
last = {name: float(np.mean([loss for _, loss in points[-20:]])) for name, points in losses.items()}
