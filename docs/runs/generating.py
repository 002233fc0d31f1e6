"""How words are chosen, one after the other."""

import numpy as np
import torch

import tracetf

SENTENCE = "where do you go ?"
model = tracetf.load()
with tracetf.record(model) as trace:
    translation = model.translate(SENTENCE)
PLACE = "decoder.layers.1.cross_attention"
steps = [phase for phase in trace.phases if phase.startswith("decode")]
source = trace["source", "encode"].labels["token"][0]
vocabulary = trace.vocabularies["target"]


def step(phase: str) -> tuple[str, str, str, str, str]:
    """Return what a step reads, how many queries and keys it has, where it looks and what it writes."""
    reads = trace["target", phase].labels["token"][0]
    looks = trace[f"{PLACE}.weights", phase].value[0].mean(axis=0)[-1]
    word = vocabulary[int(trace["choice", phase].value[0])]
    chance = trace["probabilities", phase].value[0, -1].max()
    return (
        " ".join(reads),
        reads[-1],
        f"{source[int(looks.argmax())]} ({looks.max():.0%})",
        word,
        f"{chance:.0%}",
    )


table = [step(phase) for phase in steps]
rows = "\n".join(f"| {i} | `{a}` | `{b}` | {c} | `{d}` | {e} |" for i, (a, b, c, d, e) in enumerate(table, 1))

# one row of logits, made flatter and sharper
DOUBT = steps[int(np.argmin([trace["probabilities", phase].value[0, -1].max() for phase in steps]))]
logits = torch.tensor(trace["output.logits", DOUBT].value[0, -1])
best = logits.argsort(descending=True)[:6]
names = [vocabulary[i] for i in best.tolist()]
TEMPERATURES = (0.5, 1, 2, 4)
flattened = np.stack([torch.softmax(logits / t, dim=-1)[best].numpy() for t in TEMPERATURES])

drawn = {t: [model.translate(SENTENCE, temperature=t, seed=seed) for seed in range(4)] for t in (0.5, 1, 1.5)}
draws = "\n".join(f"| {t} | {' · '.join(said)} |" for t, said in drawn.items())
beams = {width: model.translate(SENTENCE, beam=width) for width in (1, 4)}
