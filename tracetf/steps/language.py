"""The steps of models of one language: counted pairs of words, probabilities, surprisal."""

import numpy as np

from tracetf.steps.attention import weights as softmax
from tracetf.steps.table import Array, step

MARKOV = "not in the paper; Markov 1913; Goodfellow et al. 2016, section 12.4.1"


@step(
    "bigram.counted",
    "batch token vocabulary",
    formula="counted = counts[x_(t−1)]",
    tex=r"c(x_{t-1}, \cdot)",
    source=MARKOV,
    reads="tokens counts",
)
def counted(tokens: Array, counts: Array) -> Array:
    return counts[tokens]


@step(
    "bigram.probabilities",
    "batch token vocabulary",
    formula="probabilities = (counted + added) / Σ (counted + added)",
    tex=r"p(x_t \mid x_{t-1}) = \frac{c(x_{t-1}, x_t) + a}{\sum_k \left( c(x_{t-1}, k) + a \right)}",
    source=MARKOV,
    reads="counted added",
)
def bigram_probabilities(counted: Array, added: float) -> Array:
    raised = counted + added
    return raised / raised.sum(axis=-1, keepdims=True)


@step(
    "next_word.probabilities",
    "batch token vocabulary",
    formula="probabilities = softmax(logits)",
    tex=r"p(x_t \mid h_t) = \mathrm{softmax}(h_t E^\top)",
    source="not in the paper; Mikolov et al. 2010, section 2",
    reads="logits",
)
def next_word_probabilities(logits: Array) -> Array:
    return softmax(logits)


@step(
    "surprisal.nll",
    "batch token",
    formula="nll = −log probability of the word that came, 0 at <pad>",
    tex=r"-\log p(x_t \mid x_{<t})",
    source="not in the paper; Shannon 1948, section 6",
    reads="probabilities expected padding",
)
def nll(probabilities: Array, expected: Array, padding: int) -> Array:
    at_expected = np.take_along_axis(probabilities, expected[..., None], axis=-1)[..., 0]
    return np.where(expected == padding, 0, -np.log(at_expected))
