"""Cross-attention on a sentence whose order turns round: subject verb object, subject object verb."""

import numpy as np

import tracetf

SENTENCE = "the poet likes an actor"
model = tracetf.load()
with tracetf.record(model) as trace:
    translation = model.translate(SENTENCE)
last = trace.phases[-1]
PLACE = "decoder.layers.1.cross_attention"
event = trace[f"{PLACE}.weights", last]
source = event.labels["key"][0]
written = event.labels["query"][0]
predicts = [*written[1:], "</s>"]
weights = event.value[0].mean(axis=0)
every = np.mean(
    [trace[f"decoder.layers.{i}.cross_attention.weights", last].value[0].mean(axis=0) for i in (0, 1)], axis=0
)

content = [row for row, word in enumerate(predicts) if not word.startswith(("##", ".", "</s>"))]
asked = [predicts[row] for row in content]
looked = {predicts[row]: source[int(weights[row].argmax())] for row in content}
misread = [source[int(weights[row].argmax())] for row in range(1, len(written))]

K = {layer: trace[f"decoder.layers.{layer}.cross_attention.K", last] for layer in (0, 1)}
V = {layer: trace[f"decoder.layers.{layer}.cross_attention.V", last] for layer in (0, 1)}
Q = trace[f"{PLACE}.Q", last]
memory = {layer: trace.made(K[layer].inputs["memory"]) for layer in (0, 1)}
one_memory = memory[0] is memory[1]
keys_differ = float(np.abs(K[0].value - K[1].value).max())


def at(word: str) -> int:
    """Return the row that predicts a word."""
    return predicts.index(word)
