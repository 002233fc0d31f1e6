"""The second worked example: one training step of the shipped model on one sentence."""

from math import log

import numpy as np

import tracetf
from docs.live.narrow import narrowed
from docs.runs import focus as focus
from tracetf.training.schedule import learning_rate
from tracetf.training.watched import Pupil

VARIES = ("focus",)
SENTENCE = "I am a student"
WATCHED = "decoder.layers.1.cross_attention.W_Q"

model = tracetf.load()
pupil = Pupil(model, SENTENCE)
with tracetf.record(model) as trace:
    pupil.step()
report = tracetf.verify(trace)
settings = pupil.settings
explored = narrowed(
    trace,
    *(
        "source*",
        "target*",
        "expected",
        "probabilities",
        "output.logits",
        "loss.*",
        "decoder.layers.1.*attention.*s",
    ),
    *("gradient.*", "schedule.*", f"{WATCHED}.*"),
)

reads = trace["target"].labels["token"][0]
predicts = trace.spell("target", trace["expected"].value)[0]
probabilities = trace["probabilities"].value[0]
right = probabilities[np.arange(len(predicts)), trace["expected"].value[0]]
nll = trace["loss.nll"].value[0]
smoothed = trace["loss.smoothed"].value[0]
loss = float(trace["loss.loss"].value)
K = model.dimensions.target_words
epsilon = settings.smoothing
on_right, on_other = 1 - epsilon + epsilon / K, epsilon / K
floor = -(on_right * log(on_right) + (K - 1) * on_other * log(on_other))
hardest = int(nll.argmax())

gradient_norm = float(trace["gradient.norm"].value)
rate = float(trace["schedule.rate"].value)
gradient = trace[f"{WATCHED}.gradient.clipped"].value
largest = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
before = float(trace[f"{WATCHED}.adam.before"].value[largest])
update = float(trace[f"{WATCHED}.adam.update"].value[largest])
after = float(trace[f"{WATCHED}.adam.after"].value[largest])
pushed = float(gradient[largest])

warmup, peak = settings.warmup, settings.highest
rates = [(step, 1000 * learning_rate(step, peak, warmup)) for step in range(1, 1201, 8)]

losses = [loss, *(float(pupil.step()) for _ in range(20))]

may_look = np.tril(np.ones((len(reads), len(reads)), dtype=bool))
