"""The steps from logits to the loss: log probabilities, the smoothed target, cross entropy."""

import numpy as np

from tracetf.steps.table import Array, step

SMOOTHING = "section 5.4; Szegedy et al. 2016, section 7"


@step(
    "loss.log_probabilities",
    "batch token vocabulary",
    formula="log_probabilities = logits − log Σ exp(logits)",
    tex=r"\log p_k = z_k - \log \sum_j \exp(z_j)",
    source="section 3.4",
    reads="logits",
)
def log_probabilities(logits: Array) -> Array:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@step(
    "loss.nll",
    "batch token",
    formula="nll = −log_probabilities at the expected word",
    tex=r"-\log p_y",
    source="section 5.4",
    reads="log_probabilities expected",
)
def nll(log_probabilities: Array, expected: Array) -> Array:
    return -np.take_along_axis(log_probabilities, expected[..., None], axis=-1)[..., 0]


@step(
    "loss.uniform",
    "batch token",
    formula="uniform = −Σ log_probabilities / K, over all K words",
    tex=r"-\frac{1}{K} \sum_{k} \log p_k",
    source=SMOOTHING,
    reads="log_probabilities",
)
def uniform(log_probabilities: Array) -> Array:
    return -log_probabilities.mean(axis=-1)


@step(
    "loss.smoothed_target",
    "batch token vocabulary",
    formula="smoothed_target = (1 − ε) · [k is expected] + ε / K",
    tex=r"q_k = (1 - \epsilon) \, [k = y] + \frac{\epsilon}{K}",
    source=SMOOTHING,
    reads="expected log_probabilities smoothing",
)
def smoothed_target(expected: Array, log_probabilities: Array, smoothing: float) -> Array:
    vocabulary = log_probabilities.shape[-1]
    return (1 - smoothing) * np.eye(vocabulary)[expected] + smoothing / vocabulary


@step(
    "loss.smoothed",
    "batch token",
    formula="smoothed = (1 − ε) · nll + ε · uniform",
    tex=r"(1 - \epsilon) (-\log p_y) + \epsilon \Bigl(-\frac{1}{K} \sum_k \log p_k\Bigr)"
    r" = -\sum_k q_k \log p_k",
    source=SMOOTHING,
    reads="nll uniform smoothing",
)
def smoothed(nll: Array, uniform: Array, smoothing: float) -> Array:
    return (1 - smoothing) * nll + smoothing * uniform


@step(
    "loss.counted",
    "batch token",
    formula="counted = smoothed where a word is expected, 0 at <pad>",
    tex=r"[y \ne \langle pad \rangle] \, \mathrm{smoothed}",
    source="section 5.4",
    reads="smoothed expected padding",
)
def counted(smoothed: Array, expected: Array, padding: int) -> Array:
    return np.where(expected == padding, 0, smoothed)


@step(
    "loss.loss",
    "",
    formula="loss = Σ counted / words",
    tex=r"L = \frac{1}{N} \sum_{i} \mathrm{counted}_i",
    source="section 5.4",
    reads="counted words",
)
def loss(counted: Array, words: int) -> Array:
    return counted.sum() / words
