"""The first page and the first worked example: one sentence, from text to text."""

import numpy as np

import tracetf
from docs.live.markup import Html
from docs.picture import terminal as drawn

model = tracetf.load()
with tracetf.record(model) as trace:
    translation = model.translate("I am a student")
report = tracetf.verify(trace)

phases = trace.phases
source = trace["source"].value[0]
words = trace["source", "encode"].labels["token"][0]
weights = trace["encoder.layers.0.self_attention.weights"].value[0]
masked = trace["decoder.layers.0.self_attention.masked", phases[-1]]
cross = trace["decoder.layers.1.cross_attention.weights", phases[-1]]
probabilities = trace["probabilities", phases[-1]].value[0]
written = cross.labels["query"][0]
predicted = [*written[1:], "</s>"]
parameters = sum(value.size for value in trace.parameters.values())
size = trace.dimensions


def after(word: str) -> int:
    """Return the row that predicts a word."""
    return predicted.index(word)


def looks(word: str, at: str, head: int = 0) -> float:
    """Return how much weight the row that predicts a word gives to a source word, in the last layer."""
    return float(cross.value[0, head, after(word), words.index(at)])


def certain(word: str) -> float:
    """Return the probability that a word had when it was chosen."""
    return float(probabilities[after(word), model.target.encode([word])[0]])


largest_row_error = float(np.abs(weights.sum(axis=-1) - 1).max())


def terminal() -> Html:
    """Return the picture of the terminal."""
    return Html(f'<div class="terminal">{drawn()}</div>')
