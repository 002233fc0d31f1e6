"""A small model learns from nothing, and the map of its attention is kept along the way."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

import tracetf
from docs.live.kept import kept
from tracetf.data.pairs import TextPair
from tracetf.snapshots import Snapshots
from tracetf.training.batches import numbered
from tracetf.training.lessons import read_lessons, translator
from tracetf.training.presets import preset
from tracetf.training.trainer import train

PAIR = TextPair("I am a student", "나는 학생이다.")
KEPT = (0, 50, 100, 150, 200, 300)
SETTINGS = replace(
    preset("student"),
    corpus="nano",
    d_model=48,
    heads=2,
    d_ff=96,
    steps=KEPT[-1],
    batch=64,
    warmup=60,
    seed=1,
)


def _learn(folder: Path) -> None:
    lessons = read_lessons(SETTINGS)
    model = translator(SETTINGS, lessons)
    pairs, _ = numbered(model, lessons.learned[:3000])
    keep, told = Snapshots(folder, PAIR), {}
    losses = {0: None}
    for step in train(model, pairs, SETTINGS):
        losses[step.step] = step.loss
        if step.step in KEPT:
            keep(step.step, model.eval())
            told[step.step] = model.translate(PAIR.source)
    untaught = translator(SETTINGS, lessons).eval()
    keep(0, untaught)
    told[0] = untaught.translate(PAIR.source)
    (folder / "told.json").write_text(json.dumps({"said": told, "losses": losses}), encoding="utf-8")


folder = kept("focus", _learn)
told = json.loads((folder / "told.json").read_text("utf-8"))
said = {int(step): text for step, text in told["said"].items()}
losses = {int(step): loss for step, loss in told["losses"].items()}
traces = {step: tracetf.read_trace(folder / f"step-{step:08}.safetensors") for step in KEPT}
maps = {step: trace["decoder.layers.1.cross_attention.weights"] for step, trace in traces.items()}
weights = {step: event.value[0].mean(axis=0) for step, event in maps.items()}
columns = maps[0].labels["key"][0]
rows = [
    f"{a} → {b}"
    for a, b in zip(maps[0].labels["query"][0], ("나", "##는", "학생", "##이다", ".", "</s>"), strict=True)
]
gold = {"나": "i", "학생": "student"}


def found(step: int) -> float:
    """Return how much attention the rows of the two nouns have on their own words."""
    at = [(0, columns.index("i")), (2, columns.index("student"))]
    return float(np.mean([weights[step][place] for place in at]))


def written(step: int) -> str:
    """Return what the model wrote at a step, as far as it fits."""
    text = said[step]
    return text if len(text) < 24 else text[:22] + " …"
