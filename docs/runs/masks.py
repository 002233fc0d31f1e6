"""What masks do: to a row, to a prediction, to a training."""

import json
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import torch

import tracetf
from docs.live.kept import kept
from docs.runs.by_hand import SLIDE
from docs.runs.by_hand import WORDS as WORDS
from tracetf.quality import exact_match, translated
from tracetf.training.batches import numbered
from tracetf.training.lessons import read_lessons, translator
from tracetf.training.presets import preset
from tracetf.training.trainer import train
from tracetf.translate import Translator
from tracetf.whatifs import without

VARIES = ("learned",)
model = tracetf.load()
unmasked = without(model, "mask")


def forced(target: str, reader: Translator = model) -> tracetf.Trace:
    """Return the run in which a decoder is given this target."""
    with tracetf.record(reader) as trace:
        reader.force("I go home", target)
    return trace


trace = forced("나는 집에 간다.")
PLACE = "decoder.layers.0.self_attention"
reads = trace["target"].labels["token"][0]
predicts = trace.spell("target", trace["expected"].value)[0]
rows = [f"{a} → {b}" for a, b in zip(reads, predicts, strict=True)]

# what a change of a later word does to the rows before it
other = forced("나는 집에 갔다.")
changed = next(
    i for i, (a, b) in enumerate(zip(reads, other["target"].labels["token"][0], strict=True)) if a != b
)
name = "output.logits"
moved = np.abs(trace[name].value[0] - other[name].value[0]).max(axis=-1)
seen, seen_other = forced("나는 집에 간다.", unmasked), forced("나는 집에 갔다.", unmasked)
moved_unmasked = np.abs(seen[name].value[0] - seen_other[name].value[0]).max(axis=-1)

# the lecture's table, masked as it should be
causal = np.tril(np.ones((4, 4), dtype=bool))
masked = np.where(causal, SLIDE, -inf)
softmaxed = torch.softmax(torch.tensor(masked), dim=-1).numpy()
pasted = np.where(causal, SLIDE, 0)
renormalised = np.where(causal, torch.softmax(torch.tensor(SLIDE), dim=-1).numpy(), 0)
renormalised /= renormalised.sum(axis=1, keepdims=True)
same = float(np.abs(renormalised - softmaxed).max())


# what to fill in
FILLS = {"−∞": -inf, "−10⁹": -1e9, "−10⁵": -1e5, "0": 0.0}


def filled(fill: float, seen: int) -> np.ndarray:
    """Return a row of weights whose later keys were filled, when this many may be seen."""
    row = torch.tensor([2.0, 1.0, 0.5, 3.0])
    row[seen:] = fill
    return torch.softmax(row, dim=-1).numpy()


half = torch.tensor(-1e5).half().item()
try:
    torch.zeros(1).half().masked_fill(torch.ones(1, dtype=torch.bool), -1e9)
    refusal = ""
except RuntimeError as error:
    refusal = str(error)


# learning with and without the mask
SETTINGS = replace(
    preset("student"), corpus="nano", d_model=48, heads=2, d_ff=96, steps=250, batch=48, warmup=60, seed=1
)


def _learn(folder: Path) -> None:
    lessons, told = read_lessons(SETTINGS), {}
    judged = lessons.held_out[:100]
    for name, part in (("masked", ""), ("unmasked", "mask")):
        settings = replace(SETTINGS, without=part)
        student = translator(settings, lessons)
        pairs, _ = numbered(student, lessons.learned[:3000])
        losses = [step.loss for step in train(student, pairs, settings)]
        right = exact_match(translated(student, judged), [pair.target for pair in judged])
        student.eval()
        told[name] = {
            "loss": float(np.mean(losses[-20:])),
            "right": right,
            "said": student.translate("I go home"),
        }
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


learned = json.loads((kept("masks", _learn) / "told.json").read_text("utf-8"))
