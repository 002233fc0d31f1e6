"""The same sentence in one pass, word by word, and with kept keys and values."""

import numpy as np

import tracetf

SENTENCE = "she is not a doctor"
model = tracetf.load()
with tracetf.record(model) as stepwise:
    translation = model.translate(SENTENCE)
with tracetf.record(model) as cached:
    model.translate(SENTENCE, cached=True)
with tracetf.record(model) as parallel:
    model.force(SENTENCE, translation)

words = parallel["target"].labels["token"][0]
predicts = parallel.spell("target", parallel["expected"].value)[0]
steps = [phase for phase in stepwise.phases if phase.startswith("decode")]
at_once = parallel["output.logits"].value[0]
one_by_one = np.stack([stepwise["output.logits", phase].value[0, -1] for phase in steps])
kept = np.stack([cached["output.logits", phase].value[0, -1] for phase in steps])
by_steps = np.abs(at_once - one_by_one).max(axis=1)
by_cache = np.abs(at_once - kept).max(axis=1)
worst = float(max(by_steps.max(), by_cache.max()))

NAME = "decoder.layers.0.self_attention"
computed = {
    "stepwise": [stepwise[f"{NAME}.K", phase].shape[2] for phase in steps],
    "cached": [cached[f"{NAME}.K", phase].shape[2] for phase in steps],
}
events = {"parallel": len(parallel), "stepwise": len(stepwise), "cached": len(cached)}
