"""The steps after the last layer: logits, probabilities, the chosen word."""

import numpy as np

from tracetf.steps.attention import weights as softmax
from tracetf.steps.table import Array, step


@step(
    "output.logits",
    "batch token vocabulary",
    formula="logits = x Eᵀ",
    tex=r"x E^\top",
    source="section 3.4",
    reads="x weight",
)
def logits(x: Array, weight: Array) -> Array:
    return x @ weight.T


@step(
    "transformer.probabilities",
    "batch token vocabulary",
    formula="probabilities = softmax(logits)",
    tex=r"p(y_t \mid y_{<t}, x) = \mathrm{softmax}(x E^\top)",
    source="section 3.4",
    reads="output.logits",
)
def probabilities(logits: Array) -> Array:
    return softmax(logits)


@step(
    "transformer.choice",
    "batch",
    formula="choice = argmax of the last row of probabilities",
    tex=r"\hat{y}_t = \operatorname{arg\,max}_{w} \, p(w \mid y_{<t}, x)",
    source="section 3.1",
    reads="probabilities",
)
def choice(probabilities: Array) -> Array:
    return np.argmax(probabilities[:, -1], axis=-1)
