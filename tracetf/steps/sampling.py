"""The steps of drawing a word."""

import numpy as np

from tracetf.steps.attention import weights as softmax
from tracetf.steps.table import Array, given, step

DRAWING = "Holtzman et al. 2020, section 3"


@step(
    "sampling.tempered",
    "batch vocabulary",
    formula="tempered = softmax(last logits / temperature)",
    tex=r"p_w = \frac{\exp(z_w / T)}{\sum_{v} \exp(z_v / T)}",
    source=f"{DRAWING}.3",
    reads="logits temperature",
)
def tempered(logits: Array, temperature: float) -> Array:
    return softmax(logits[:, -1] / temperature)


@step(
    "sampling.kept",
    "batch vocabulary",
    formula="kept = the first top_k, up to top_p together",
    tex=r"V^{(k)} \cap V^{(p)}, \quad \sum_{w \in V^{(p)}} p_w \ge p",
    source=f"{DRAWING}.1 and 3.2",
    reads="tempered top_k top_p",
)
def kept(tempered: Array, top_k: float, top_p: float) -> Array:
    order = np.argsort(-tempered, axis=-1, kind="stable")
    descending = np.take_along_axis(tempered, order, axis=-1)
    up_to = descending.cumsum(axis=-1)
    in_front = (np.arange(order.shape[-1]) < top_k) & (up_to - descending < top_p * up_to[:, -1:])
    kept = np.zeros_like(in_front)
    np.put_along_axis(kept, order, in_front, axis=-1)
    return kept


@step(
    "sampling.candidates",
    "batch vocabulary",
    formula="candidates = tempered where kept, else 0",
    tex=r"p_w \, [w \in V^{(k)} \cap V^{(p)}]",
    source=f"{DRAWING}.1",
    reads="tempered kept",
)
def candidates(tempered: Array, kept: Array) -> Array:
    return tempered * kept


given(
    "sampling.uniform",
    "batch",
    formula="uniform ~ evenly from 0 to 1",
    tex=r"u \sim \mathrm{U}(0, 1)",
    source=DRAWING,
)


@step(
    "sampling.choice",
    "batch",
    formula="choice = first word where Σ candidates > uniform · Σ all",
    tex=r"\hat{y}_t = \min \left\{ w : \sum_{v \le w} c_v > u \sum_{v} c_v \right\}",
    source=DRAWING,
    reads="candidates uniform",
)
def choice(candidates: Array, uniform: Array) -> Array:
    reach = candidates.cumsum(axis=-1)
    return (reach <= uniform[:, None] * reach[:, -1:]).sum(axis=-1)
