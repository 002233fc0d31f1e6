"""A learning rate that rises, then falls."""

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path
from unittest.mock import patch

import numpy as np

import tracetf
from docs.live.kept import kept
from docs.live.narrow import staged
from tracetf.training.batches import numbered
from tracetf.training.lessons import read_lessons, translator
from tracetf.training.presets import preset
from tracetf.training.schedule import learning_rate
from tracetf.training.trainer import train
from tracetf.training.watched import Pupil
from tracetf.views.page import film

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

# the first steps of the shipped model, as one vector of its weights takes them
VECTOR, STEPS = "decoder.layers.1.feed_forward_norm.beta", (1, 2, 3)
model = tracetf.load()
pupil = Pupil(model, "I am a student")


def updated(step: int) -> tracetf.Trace:
    """Return what one more step of learning does to the vector."""
    with tracetf.record(
        model, only=("schedule.rate", f"{VECTOR}.gradient.clipped", f"{VECTOR}.adam.*"), parameters=False
    ) as trace:
        pupil.step()
    return staged(trace, f"update {step}")


trace = film(updated(step) for step in STEPS)
rates = [trace["schedule.rate", f"update {step}"].value for step in STEPS]
moves = [np.abs(trace[f"{VECTOR}.adam.update", f"update {step}"].value) for step in STEPS]
moved = [float((move / rate).mean()) for move, rate in zip(moves, rates, strict=True)]
pulls = np.abs(trace[f"{VECTOR}.gradient.clipped", "update 1"].value)
uneven = float(pulls.max() / pulls.min())
