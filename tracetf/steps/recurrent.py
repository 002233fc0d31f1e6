"""The steps of what came before the Transformer: RNN, LSTM and GRU, unrolled over a sentence.

Time is counted from the end of the sentence, so that `x[:, time]` is the word that a cell reads.
"""

import numpy as np

from tracetf.steps.table import Array, step

ELMAN = "not in the paper; Elman 1990; Goodfellow et al. 2016, section 10.2"
LSTM = "not in the paper; Hochreiter and Schmidhuber 1997, section 4"
FORGET = "not in the paper; Gers et al. 2000, section 3"
GRU = "not in the paper; Cho et al. 2014, section 2.3"
STATE = "batch token hidden"


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def mixed(x: Array, time: int, h: Array, W_x: Array, W_h: Array, b: Array) -> Array:
    return x[:, time, None] @ W_x + h @ W_h + b


@step(
    "initial.state",
    "batch one hidden",
    formula="state = 0, before the first word",
    tex=r"h_0 = 0",
    source=ELMAN,
    reads="x size",
)
def state(x: Array, size: int) -> Array:
    return np.zeros((len(x), 1, size))


@step(
    "rnn.hidden",
    STATE,
    formula="hidden = tanh(x_t W_xh + h_(t−1) W_hh + b_h)",
    tex=r"h_t = \tanh(x_t W_{xh} + h_{t-1} W_{hh} + b_h)",
    source=ELMAN,
    reads="x time before.hidden W_xh W_hh b_h",
)
def rnn_hidden(x: Array, time: int, h: Array, W_xh: Array, W_hh: Array, b_h: Array) -> Array:
    return np.tanh(mixed(x, time, h, W_xh, W_hh, b_h))


@step(
    "lstm.forget_gate",
    STATE,
    formula="forget_gate = σ(x_t W_xf + h_(t−1) W_hf + b_f)",
    tex=r"f_t = \sigma(x_t W_{xf} + h_{t-1} W_{hf} + b_f)",
    source=FORGET,
    reads="x time before.hidden W_xf W_hf b_f",
)
def forget_gate(x: Array, time: int, h: Array, W_xf: Array, W_hf: Array, b_f: Array) -> Array:
    return sigmoid(mixed(x, time, h, W_xf, W_hf, b_f))


@step(
    "lstm.input_gate",
    STATE,
    formula="input_gate = σ(x_t W_xi + h_(t−1) W_hi + b_i)",
    tex=r"i_t = \sigma(x_t W_{xi} + h_{t-1} W_{hi} + b_i)",
    source=LSTM,
    reads="x time before.hidden W_xi W_hi b_i",
)
def input_gate(x: Array, time: int, h: Array, W_xi: Array, W_hi: Array, b_i: Array) -> Array:
    return sigmoid(mixed(x, time, h, W_xi, W_hi, b_i))


@step(
    "lstm.candidate",
    STATE,
    formula="candidate = tanh(x_t W_xc + h_(t−1) W_hc + b_c)",
    tex=r"\tilde{c}_t = \tanh(x_t W_{xc} + h_{t-1} W_{hc} + b_c)",
    source=LSTM,
    reads="x time before.hidden W_xc W_hc b_c",
)
def candidate(x: Array, time: int, h: Array, W_xc: Array, W_hc: Array, b_c: Array) -> Array:
    return np.tanh(mixed(x, time, h, W_xc, W_hc, b_c))


@step(
    "lstm.cell",
    STATE,
    formula="cell = forget_gate · c_(t−1) + input_gate · candidate",
    tex=r"c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t",
    source=FORGET,
    reads="forget_gate before.cell input_gate candidate",
)
def cell(forget_gate: Array, c: Array, input_gate: Array, candidate: Array) -> Array:
    return forget_gate * c + input_gate * candidate


@step(
    "lstm.output_gate",
    STATE,
    formula="output_gate = σ(x_t W_xo + h_(t−1) W_ho + b_o)",
    tex=r"o_t = \sigma(x_t W_{xo} + h_{t-1} W_{ho} + b_o)",
    source=LSTM,
    reads="x time before.hidden W_xo W_ho b_o",
)
def output_gate(x: Array, time: int, h: Array, W_xo: Array, W_ho: Array, b_o: Array) -> Array:
    return sigmoid(mixed(x, time, h, W_xo, W_ho, b_o))


@step(
    "lstm.hidden",
    STATE,
    formula="hidden = output_gate · tanh(cell)",
    tex=r"h_t = o_t \odot \tanh(c_t)",
    source=LSTM,
    reads="output_gate cell",
)
def lstm_hidden(output_gate: Array, cell: Array) -> Array:
    return output_gate * np.tanh(cell)


@step(
    "gru.reset_gate",
    STATE,
    formula="reset_gate = σ(x_t W_xr + h_(t−1) W_hr + b_r)",
    tex=r"r_t = \sigma(x_t W_{xr} + h_{t-1} W_{hr} + b_r)",
    source=f"{GRU}, equation 5",
    reads="x time before.hidden W_xr W_hr b_r",
)
def reset_gate(x: Array, time: int, h: Array, W_xr: Array, W_hr: Array, b_r: Array) -> Array:
    return sigmoid(mixed(x, time, h, W_xr, W_hr, b_r))


@step(
    "gru.update_gate",
    STATE,
    formula="update_gate = σ(x_t W_xu + h_(t−1) W_hu + b_u)",
    tex=r"z_t = \sigma(x_t W_{xu} + h_{t-1} W_{hu} + b_u)",
    source=f"{GRU}, equation 6",
    reads="x time before.hidden W_xu W_hu b_u",
)
def update_gate(x: Array, time: int, h: Array, W_xu: Array, W_hu: Array, b_u: Array) -> Array:
    return sigmoid(mixed(x, time, h, W_xu, W_hu, b_u))


@step(
    "gru.reset_before",
    STATE,
    formula="reset_before = (reset_gate · h_(t−1)) W_hc",
    tex=r"(r_t \odot h_{t-1}) W_{hc}",
    source=f"{GRU}, equation 8, version 3 on arXiv",
    reads="reset_gate before.hidden W_hc",
)
def reset_before(reset_gate: Array, h: Array, W_hc: Array) -> Array:
    return (reset_gate * h) @ W_hc


@step(
    "gru.reset_after",
    STATE,
    formula="reset_after = reset_gate · (h_(t−1) W_hc + b_hc)",
    tex=r"r_t \odot (h_{t-1} W_{hc} + b_{hc})",
    source=f"{GRU}, version 1 on arXiv; as in torch and cuDNN",
    reads="reset_gate before.hidden W_hc b_hc",
)
def reset_after(reset_gate: Array, h: Array, W_hc: Array, b_hc: Array) -> Array:
    return reset_gate * (h @ W_hc + b_hc)


@step(
    "gru.candidate",
    STATE,
    formula="candidate = tanh(x_t W_xc + (reset_after, or reset_before) + b_c)",
    tex=r"\tilde{h}_t = \tanh(x_t W_{xc} + r_t \odot (h_{t-1} W_{hc} + b_{hc}) + b_c)",
    source=f"{GRU}, equation 8",
    reads="x time reset_after|reset_before W_xc b_c",
)
def gru_candidate(x: Array, time: int, recalled: Array, W_xc: Array, b_c: Array) -> Array:
    return np.tanh(x[:, time, None] @ W_xc + recalled + b_c)


@step(
    "gru.hidden",
    STATE,
    formula="hidden = (1 − update_gate) · candidate + update_gate · h_(t−1)",
    tex=r"h_t = (1 - z_t) \odot \tilde{h}_t + z_t \odot h_{t-1}",
    source=f"{GRU}, equation 7",
    reads="update_gate candidate before.hidden",
)
def gru_hidden(update_gate: Array, candidate: Array, h: Array) -> Array:
    return (1 - update_gate) * candidate + update_gate * h


@step(
    "held.hidden",
    STATE,
    formula="hidden = the new one where there is a word, else the one before",
    tex=r"h_t = \begin{cases} h_t & \text{if } x_t \ne \langle pad \rangle \\"
    r" h_{t-1} & \text{otherwise} \end{cases}",
    source="not in the paper; section 3.2.3 masks padding instead",
    reads="new.hidden before.hidden mask time",
)
def held_hidden(new: Array, before: Array, mask: Array, time: int) -> Array:
    return np.where(mask[:, :, time, None], new, before)


@step(
    "held.cell",
    STATE,
    formula="cell = the new one where there is a word, else the one before",
    tex=r"c_t = \begin{cases} c_t & \text{if } x_t \ne \langle pad \rangle \\"
    r" c_{t-1} & \text{otherwise} \end{cases}",
    source="not in the paper; section 3.2.3 masks padding instead",
    reads="new.cell before.cell mask time",
)
def held_cell(new: Array, before: Array, mask: Array, time: int) -> Array:
    return held_hidden(new, before, mask, time)


@step(
    "states.outputs",
    STATE,
    formula="outputs = the states of all words, below each other",
    tex=r"(h_1, \dots, h_n)",
    source="not in the paper; section 1 on recurrent models",
    reads="*",
)
def outputs(*states: Array) -> Array:
    return np.concatenate(states, axis=1)


@step(
    "side_by_side.concat",
    "batch token both",
    formula="concat = [forwards ; backwards]",
    tex=r"[\overrightarrow{h}_t \, ; \, \overleftarrow{h}_t]",
    source="not in the paper; Schuster and Paliwal 1997, section II; Bahdanau et al. 2015, section 3.2",
    reads="forwards backwards",
)
def concat(forwards: Array, backwards: Array) -> Array:
    return np.concatenate([forwards, backwards], axis=-1)
