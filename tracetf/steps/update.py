"""The steps from gradients to new weights: clipping, learning rate, Adam."""

import numpy as np

from tracetf.steps.table import OWN_AXES, Array, given, step

CLIP = "not in the paper; Pascanu et al. 2013, section 3.2, algorithm 1"
ADAM = "section 5.3; Kingma and Ba 2015, algorithm 1"

given(
    "gradient.raw",
    OWN_AXES,
    formula="raw = ∂ loss / ∂ weight, by the chain rule",
    tex=r"g = \frac{\partial L}{\partial \theta}",
    source="section 5; Rumelhart et al. 1986, equations 4 to 7",
)


@step(
    "gradient.norm",
    "",
    formula="norm = √(Σ raw², over every weight of the model)",
    tex=r"\lVert g \rVert = \sqrt{\sum_{\theta} \lVert g_\theta \rVert^2}",
    source=CLIP,
    reads="*",
    fine=True,
)
def norm(*gradients: Array) -> Array:
    return np.sqrt(sum((gradient**2).sum() for gradient in gradients))


@step(
    "gradient.scale",
    "",
    formula="scale = min(1, largest / (norm + 10⁻⁶))",
    tex=r"\min\left(1, \frac{c}{\lVert g \rVert + 10^{-6}}\right)",
    source=CLIP,
    reads="largest norm",
    fine=True,
)
def scale(largest: float, norm: Array) -> Array:
    return np.minimum(1, largest / (norm + 1e-6))


@step(
    "gradient.clipped",
    OWN_AXES,
    formula="clipped = scale · raw",
    tex=r"\min\left(1, \frac{c}{\lVert g \rVert + 10^{-6}}\right) g",
    source=CLIP,
    reads="scale raw",
    fine=True,
)
def clipped(scale: Array, raw: Array) -> Array:
    return scale * raw


@step(
    "schedule.rate",
    "",
    formula="rate = peak · min(step / warmup, √(warmup / step))",
    tex=r"lrate = d_{model}^{-0.5} \cdot \min(step^{-0.5}, step \cdot warmup^{-1.5})",
    source="section 5.3, equation 3",
    reads="peak step warmup",
    fine=True,
)
def rate(peak: float, step: int, warmup: int) -> Array:
    return peak * np.minimum(step / warmup, np.sqrt(warmup / step))


given(
    "adam.before",
    OWN_AXES,
    formula="before = the weight as this step finds it",
    tex=r"\theta_{t-1}",
    source=ADAM,
)

given(
    "adam.moment_1_before",
    OWN_AXES,
    formula="moment_1_before = moment_1 of the step before, 0 at the first",
    tex=r"m_{t-1}",
    source=ADAM,
)

given(
    "adam.moment_2_before",
    OWN_AXES,
    formula="moment_2_before = moment_2 of the step before, 0 at the first",
    tex=r"v_{t-1}",
    source=ADAM,
)


@step(
    "adam.moment_1",
    OWN_AXES,
    formula="moment_1 = β₁ · moment_1_before + (1 − β₁) · gradient",
    tex=r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t",
    source=ADAM,
    reads="moment_1_before gradient beta_1",
    fine=True,
)
def moment_1(before: Array, gradient: Array, beta_1: float) -> Array:
    return beta_1 * before + (1 - beta_1) * gradient


@step(
    "adam.moment_2",
    OWN_AXES,
    formula="moment_2 = β₂ · moment_2_before + (1 − β₂) · gradient²",
    tex=r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2",
    source=ADAM,
    reads="moment_2_before gradient beta_2",
    fine=True,
)
def moment_2(before: Array, gradient: Array, beta_2: float) -> Array:
    return beta_2 * before + (1 - beta_2) * gradient**2


@step(
    "adam.corrected_1",
    OWN_AXES,
    formula="corrected_1 = moment_1 / (1 − β₁^step)",
    tex=r"\hat{m}_t = \frac{m_t}{1 - \beta_1^t}",
    source=ADAM,
    reads="moment_1 beta_1 step",
    fine=True,
)
def corrected_1(moment_1: Array, beta_1: float, step: int) -> Array:
    return moment_1 / (1 - beta_1**step)


@step(
    "adam.corrected_2",
    OWN_AXES,
    formula="corrected_2 = moment_2 / (1 − β₂^step)",
    tex=r"\hat{v}_t = \frac{v_t}{1 - \beta_2^t}",
    source=ADAM,
    reads="moment_2 beta_2 step",
    fine=True,
)
def corrected_2(moment_2: Array, beta_2: float, step: int) -> Array:
    return moment_2 / (1 - beta_2**step)


@step(
    "adam.update",
    OWN_AXES,
    formula="update = rate · corrected_1 / (√corrected_2 + ε)",
    tex=r"\alpha_t \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}",
    source=ADAM,
    reads="corrected_1 corrected_2 rate epsilon",
    fine=True,
)
def update(corrected_1: Array, corrected_2: Array, rate: float, epsilon: float) -> Array:
    return rate * corrected_1 / (np.sqrt(corrected_2) + epsilon)


@step(
    "adam.ratio",
    "",
    formula="ratio = ‖update‖ / ‖before‖",
    tex=r"\frac{\lVert \theta_t - \theta_{t-1} \rVert}{\lVert \theta_{t-1} \rVert}",
    source="not in the paper; You et al. 2017, section 4",
    reads="update before",
    fine=True,
)
def ratio(update: Array, before: Array) -> Array:
    return np.sqrt((update**2).sum()) / np.sqrt((before**2).sum())


@step(
    "adam.after",
    OWN_AXES,
    formula="after = before − update",
    tex=r"\theta_t = \theta_{t-1} - \alpha_t \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}",
    source=ADAM,
    reads="before update",
    fine=True,
)
def after(before: Array, update: Array) -> Array:
    return before - update
