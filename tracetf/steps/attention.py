"""The steps of attention: section 3.2 of the paper."""

import numpy as np

from tracetf.steps.table import Array, step

PROJECTION = "section 3.2.2"


@step(
    "attention.Q",
    "batch head query d_k",
    formula="Q = x W_Q",
    tex=r"Q = x W^Q",
    source=PROJECTION,
    reads="x W_Q",
)
def Q(x: Array, W_Q: Array) -> Array:
    return x[:, None] @ W_Q


@step(
    "attention.K",
    "batch head key d_k",
    formula="K = memory W_K",
    tex=r"K = m W^K",
    source=PROJECTION,
    reads="memory W_K",
)
def K(memory: Array, W_K: Array) -> Array:
    return memory[:, None] @ W_K


@step(
    "attention.V",
    "batch head key d_v",
    formula="V = memory W_V",
    tex=r"V = m W^V",
    source=PROJECTION,
    reads="memory W_V",
)
def V(memory: Array, W_V: Array) -> Array:
    return memory[:, None] @ W_V


def _behind(kept: Array | None, rows: Array | None, new: Array | None) -> Array:
    going = kept if kept is None or rows is None else kept[rows]
    return np.concatenate([part for part in (going, new) if part is not None], axis=2)


@step(
    "attention.keys",
    "batch head key d_k",
    formula="keys = [kept keys ; K]",
    tex=r"K_{\le t} = [K_{<t} ; K_t]",
    source="cached decoding; section 3.1",
    reads="cache.keys? cache.rows? K?",
)
def keys(kept: Array | None, rows: Array | None, K: Array | None) -> Array:
    return _behind(kept, rows, K)


@step(
    "attention.values",
    "batch head key d_v",
    formula="values = [kept values ; V]",
    tex=r"V_{\le t} = [V_{<t} ; V_t]",
    source="cached decoding; section 3.1",
    reads="cache.values? cache.rows? V?",
)
def values(kept: Array | None, rows: Array | None, V: Array | None) -> Array:
    return _behind(kept, rows, V)


@step(
    "attention.scores",
    "batch head query key",
    formula="scores = Q Kᵀ",
    tex=r"Q K^\top",
    source="section 3.2.1, equation 1",
    reads="Q keys|K",
)
def scores(Q: Array, K: Array) -> Array:
    return Q @ K.swapaxes(-1, -2)


@step(
    "attention.scaled",
    "batch head query key",
    formula="scaled = scores / √d_k",
    tex=r"\frac{Q K^\top}{\sqrt{d_k}}",
    source="section 3.2.1, equation 1",
    reads="scores d_k",
)
def scaled(scores: Array, d_k: int) -> Array:
    return scores / np.sqrt(d_k)


@step(
    "attention.masked",
    "batch head query key",
    formula="masked = scaled where the mask allows, else −∞",
    tex=r"\mathrm{masked}_{ij} = \begin{cases} \mathrm{scaled}_{ij} & \text{if } i \text{ may look at } j"
    r" \\ -\infty & \text{otherwise} \end{cases}",
    source="section 3.2.3",
    reads="scaled mask",
)
def masked(scaled: Array, mask: Array) -> Array:
    return np.where(mask[:, None], scaled, -np.inf)


@step(
    "attention.weights",
    "batch head query key",
    formula="weights = softmax(masked)",
    tex=r"\mathrm{softmax}\left(\frac{Q K^\top}{\sqrt{d_k}}\right)",
    source="section 3.2.1, equation 1",
    reads="masked",
)
def weights(masked: Array) -> Array:
    exponentials = np.exp(masked - masked.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@step(
    "attention.heads",
    "batch head query d_v",
    formula="heads = weights V",
    tex=r"\mathrm{head}_i = \mathrm{softmax}\left(\frac{Q_i K_i^\top}{\sqrt{d_k}}\right) V_i",
    source="section 3.2.1, equation 1",
    reads="weights values|V",
)
def heads(weights: Array, V: Array) -> Array:
    return weights @ V


@step(
    "attention.concat",
    "batch query hd_v",
    formula="concat = the heads side by side",
    tex=r"\mathrm{Concat}(\mathrm{head}_1, \dots, \mathrm{head}_h)",
    source="section 3.2.2",
    reads="heads",
)
def concat(heads: Array) -> Array:
    batch, _, query, _ = heads.shape
    return heads.swapaxes(1, 2).reshape(batch, query, -1)


@step(
    "attention.output",
    "batch query d_model",
    formula="output = concat W_O",
    tex=r"\mathrm{MultiHead}(Q, K, V) = \mathrm{Concat}(\mathrm{head}_1, \dots, \mathrm{head}_h) W^O",
    source="section 3.2.2",
    reads="concat W_O",
)
def output(concat: Array, W_O: Array) -> Array:
    return concat @ W_O
