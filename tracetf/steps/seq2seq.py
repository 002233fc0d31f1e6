"""The steps between a recurrent encoder and decoder: the bottleneck, and attention to all states."""

import numpy as np

from tracetf.steps.attention import weights as softmax
from tracetf.steps.table import Array, step

SCORE = "not in the paper; Luong et al. 2015, section 3.1, equation 8"
GLOBAL = "not in the paper; Luong et al. 2015, section 3.1"
ADDITIVE = "section 3.2.1 names it; Bahdanau et al. 2015, section A.1.2"


@step(
    "bottleneck.state",
    "batch one hidden",
    formula="state = the last row of memory",
    tex=r"s_0 = h_n",
    source="not in the paper; Sutskever et al. 2014, section 2",
    reads="memory",
)
def state(memory: Array) -> Array:
    return memory[:, -1:]


@step(
    "dot_score.scores",
    "batch query key",
    formula="scores = x memoryᵀ",
    tex=r"s_i \cdot h_j",
    source=f"{SCORE}, dot",
    reads="x memory",
)
def dot_scores(x: Array, memory: Array) -> Array:
    return x @ memory.swapaxes(-1, -2)


@step(
    "general_score.keys",
    "batch key d_model",
    formula="keys = memory W_Aᵀ",
    tex=r"W_A h_j",
    source=f"{SCORE}, general",
    reads="memory W_A",
)
def keys(memory: Array, W_A: Array) -> Array:
    return memory @ W_A.T


@step(
    "general_score.scores",
    "batch query key",
    formula="scores = x keysᵀ",
    tex=r"s_i^\top W_A h_j",
    source=f"{SCORE}, general",
    reads="x keys",
)
def general_scores(x: Array, keys: Array) -> Array:
    return x @ keys.swapaxes(-1, -2)


@step(
    "additive_score.matched",
    "batch query key d_model",
    formula="matched = tanh(x W_Q + memory W_K)",
    tex=r"\tanh(s_i W_Q + h_j W_K)",
    source=ADDITIVE,
    reads="x memory W_Q W_K",
)
def matched(x: Array, memory: Array, W_Q: Array, W_K: Array) -> Array:
    return np.tanh((x @ W_Q)[:, :, None] + (memory @ W_K)[:, None])


@step(
    "additive_score.scores",
    "batch query key",
    formula="scores = matched v",
    tex=r"v^\top \tanh(s_i W_Q + h_j W_K)",
    source=ADDITIVE,
    reads="matched v",
)
def additive_scores(matched: Array, v: Array) -> Array:
    return matched @ v


@step(
    "global_attention.masked",
    "batch query key",
    formula="masked = scores where there is a word, else −∞",
    tex=r"\mathrm{masked}_{ij} = \begin{cases} \mathrm{score}_{ij} & \text{if } x_j \ne \langle pad \rangle"
    r" \\ -\infty & \text{otherwise} \end{cases}",
    source="section 3.2.3",
    reads="dot_score.scores|general_score.scores|additive_score.scores mask",
)
def masked(scores: Array, mask: Array) -> Array:
    return np.where(mask, scores, -np.inf)


@step(
    "global_attention.weights",
    "batch query key",
    formula="weights = softmax(masked)",
    tex=r"\alpha_{ij} = \frac{\exp(\mathrm{score}_{ij})}{\sum_k \exp(\mathrm{score}_{ik})}",
    source=f"{GLOBAL}, equation 7",
    reads="masked",
)
def weights(masked: Array) -> Array:
    return softmax(masked)


@step(
    "global_attention.context",
    "batch query d_model",
    formula="context = weights memory",
    tex=r"c_i = \sum_j \alpha_{ij} h_j",
    source=GLOBAL,
    reads="weights memory",
)
def context(weights: Array, memory: Array) -> Array:
    return weights @ memory


@step(
    "global_attention.concat",
    "batch query both",
    formula="concat = [context ; x]",
    tex=r"[c_i \, ; \, s_i]",
    source="not in the paper; Luong et al. 2015, section 3, equation 5",
    reads="context x",
)
def concat(context: Array, x: Array) -> Array:
    return np.concatenate([context, x], axis=-1)


@step(
    "global_attention.attentional",
    "batch query d_model",
    formula="attentional = tanh(concat W_C)",
    tex=r"\tilde{s}_i = \tanh([c_i \, ; \, s_i] W_C)",
    source="not in the paper; Luong et al. 2015, section 3, equation 5",
    reads="concat W_C",
)
def attentional(concat: Array, W_C: Array) -> Array:
    return np.tanh(concat @ W_C)


@step(
    "rows.hidden",
    "batch one hidden",
    formula="hidden = the rows of the state that go on",
    tex=r"(s_{i_1}, \dots, s_{i_k})",
    source="cached decoding; section 3.1",
    reads="hidden rows",
)
def rows_hidden(hidden: Array, rows: Array) -> Array:
    return hidden[rows]
