"""The steps before the first layer: ids, masks, embedding, positions and their sum."""

import numpy as np

from tracetf.steps.table import Array, given, step

given(
    "transformer.source",
    "batch token",
    formula="source = ids of the source words",
    tex=r"(x_1, \dots, x_n)",
    source="section 3.1",
)

given(
    "transformer.target",
    "batch token",
    formula="target = <s>, then the words written so far",
    tex=r"(\langle s \rangle, y_1, \dots, y_{t-1})",
    source="section 3.1",
)

given(
    "transformer.unread",
    "batch token",
    formula="unread = the target words not read at an earlier step",
    tex=r"(y_s, \dots, y_{t-1})",
    source="cached decoding; section 3.1",
)

given(
    "transformer.expected",
    "batch token",
    formula="expected = the target, one word further, then </s>",
    tex=r"(y_1, \dots, y_m, \langle /s \rangle)",
    source="section 3.1",
)


@step(
    "transformer.source_mask",
    "batch query key",
    formula="source_mask = source ≠ <pad>",
    tex=r"\mathrm{mask}_{j} = [x_j \ne \langle pad \rangle]",
    source="section 3.2.3",
    reads="source padding",
)
def source_mask(source: Array, padding: int) -> Array:
    return source[:, None, :] != padding


@step(
    "transformer.target_mask",
    "batch query key",
    formula="target_mask = key ≤ query, and target ≠ <pad>",
    tex=r"\mathrm{mask}_{ij} = [j \le i] \wedge [y_j \ne \langle pad \rangle]",
    source="section 3.2.3",
    reads="target padding unread?",
)
def target_mask(target: Array, padding: int, unread: Array | None = None) -> Array:
    words = np.arange(target.shape[1])
    asking = words if unread is None else words[-unread.shape[1] :]
    return (words[None, :] <= asking[:, None]) & (target[:, None, :] != padding)


@step(
    "stack.open_mask",
    "batch query key",
    formula="open_mask = the last row of target_mask, for every query",
    tex=r"\mathrm{mask}_{ij} = [y_j \ne \langle pad \rangle]",
    source="section 3.2.3, left out",
    reads="target_mask",
)
def open_mask(target_mask: Array) -> Array:
    return np.broadcast_to(target_mask[:, -1:], target_mask.shape)


@step(
    "embedding.rows",
    "batch token d_model",
    formula="rows = E[ids]",
    tex=r"E_{x_i}",
    source="section 3.4",
    reads="tokens weight",
)
def rows(tokens: Array, weight: Array) -> Array:
    return weight[tokens]


@step(
    "embedding.scaled",
    "batch token d_model",
    formula="scaled = rows · √d_model",
    tex=r"\sqrt{d_{model}} \, E_{x_i}",
    source="section 3.4",
    reads="rows",
)
def scaled(rows: Array) -> Array:
    return rows * np.sqrt(rows.shape[-1])


@step(
    "positions.waves",
    "token d_model",
    formula="waves = sin (even columns), cos (odd columns) of position / 10000^(2i / d_model)",
    tex=r"PE_{(pos, 2i)} = \sin\left(pos / 10000^{2i / d_{model}}\right), \quad"
    r" PE_{(pos, 2i+1)} = \cos\left(pos / 10000^{2i / d_{model}}\right)",
    source="section 3.5",
    reads="x start",
)
def waves(x: Array, start: int) -> Array:
    length, d_model = x.shape[1:]
    column = np.arange(d_model)
    angle = (start + np.arange(length))[:, None] / 10000 ** (column // 2 * 2 / d_model)
    return np.where(column % 2 == 0, np.sin(angle), np.cos(angle))


@step(
    "positions.nothing",
    "token d_model",
    formula="nothing = 0",
    tex=r"0",
    source="section 3.5, left out",
    reads="x",
)
def nothing(x: Array) -> Array:
    return np.zeros(x.shape[1:])


@step(
    "stack.embedded",
    "batch token d_model",
    formula="embedded = scaled embedding + positions",
    tex=r"\sqrt{d_{model}} \, E_{x_i} + PE_i",
    source="section 3.5",
    reads="embedding.scaled positions.waves|positions.nothing",
)
def embedded(scaled: Array, waves: Array) -> Array:
    return scaled + waves
