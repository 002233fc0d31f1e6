"""The steps around attention in a layer: dropout, residual sum, layer normalisation, feed-forward."""

import numpy as np

from tracetf.steps.table import Array, given, step

NORM = "section 3.1; Ba et al. 2016, equations 3 and 4"

given(
    "dropout.kept",
    "batch token d_model",
    formula="kept ~ 1 with probability 1 − p, else 0",
    tex=r"r_j \sim \mathrm{Bernoulli}(1 - p)",
    source="section 5.4; Srivastava et al. 2014, section 4",
)


@step(
    "dropout.dropped",
    "batch token d_model",
    formula="dropped = x · kept / (1 − p)",
    tex=r"\frac{x \odot r}{1 - p}",
    source="section 5.4; Srivastava et al. 2014, section 10",
    reads="x kept p",
)
def dropped(x: Array, kept: Array, p: float) -> Array:
    return x * kept / (1 - p)


@step(
    "residual.added",
    "batch token d_model",
    formula="added = x + update",
    tex=r"x + \mathrm{Sublayer}(x)",
    source="section 3.1",
    reads="x dropout.dropped|update",
)
def added(x: Array, update: Array) -> Array:
    return x + update


@step(
    "norm.mean",
    "batch token one",
    formula="mean = Σ x / d_model",
    tex=r"\mu = \frac{1}{d_{model}} \sum_{i} x_i",
    source=NORM,
    reads="x",
)
def mean(x: Array) -> Array:
    return x.mean(axis=-1, keepdims=True)


@step(
    "norm.variance",
    "batch token one",
    formula="variance = Σ (x − mean)² / d_model",
    tex=r"\sigma^2 = \frac{1}{d_{model}} \sum_{i} (x_i - \mu)^2",
    source=NORM,
    reads="x mean",
)
def variance(x: Array, mean: Array) -> Array:
    return ((x - mean) ** 2).mean(axis=-1, keepdims=True)


@step(
    "norm.normalized",
    "batch token d_model",
    formula="normalized = (x − mean) / √(variance + ε)",
    tex=r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}",
    source=NORM,
    reads="x mean variance epsilon",
)
def normalized(x: Array, mean: Array, variance: Array, epsilon: float) -> Array:
    return (x - mean) / np.sqrt(variance + epsilon)


@step(
    "norm.output",
    "batch token d_model",
    formula="output = γ · normalized + β",
    tex=r"\mathrm{LayerNorm}(x) = \gamma \odot \hat{x} + \beta",
    source=NORM,
    reads="normalized gamma beta",
)
def norm_output(normalized: Array, gamma: Array, beta: Array) -> Array:
    return gamma * normalized + beta


@step(
    "feed_forward.hidden",
    "batch token d_ff",
    formula="hidden = x W_1 + b_1",
    tex=r"x W_1 + b_1",
    source="section 3.3, equation 2",
    reads="x W_1 b_1",
)
def hidden(x: Array, W_1: Array, b_1: Array) -> Array:
    return x @ W_1 + b_1


@step(
    "feed_forward.activated",
    "batch token d_ff",
    formula="activated = max(0, hidden)",
    tex=r"\max(0, x W_1 + b_1)",
    source="section 3.3, equation 2",
    reads="hidden",
)
def activated(hidden: Array) -> Array:
    return np.maximum(0, hidden)


@step(
    "feed_forward.output",
    "batch token d_model",
    formula="output = activated W_2 + b_2",
    tex=r"\mathrm{FFN}(x) = \max(0, x W_1 + b_1) W_2 + b_2",
    source="section 3.3, equation 2",
    reads="activated W_2 b_2",
)
def forward_output(activated: Array, W_2: Array, b_2: Array) -> Array:
    return activated @ W_2 + b_2
