"""The axes of parameters, in einops words: a gradient, a moment or an update has those of its parameter."""

from tracetf.steps.table import room

GATES = {"rnn": "h", "lstm": "fico", "gru": "ruc"}
AXES = {
    "attention.W_Q": "head d_model d_k",
    "attention.W_K": "head d_model d_k",
    "attention.W_V": "head d_model d_v",
    "attention.W_O": "hd_v d_model",
    "norm.gamma": "d_model",
    "norm.beta": "d_model",
    "feed_forward.W_1": "d_model d_ff",
    "feed_forward.b_1": "d_ff",
    "feed_forward.W_2": "d_ff d_model",
    "feed_forward.b_2": "d_model",
    "embedding.weight": "vocabulary d_model",
    "output.weight": "vocabulary d_model",
    **{f"{cell}.W_x{gate}": "inputs hidden" for cell, gates in GATES.items() for gate in gates},
    **{f"{cell}.W_h{gate}": "before hidden" for cell, gates in GATES.items() for gate in gates},
    **{f"{cell}.b_{gate}": "hidden" for cell, gates in GATES.items() for gate in gates},
    "gru.b_hc": "hidden",
    "general_score.W_A": "d_model d_model",
    "additive_score.W_Q": "d_model d_model",
    "additive_score.W_K": "d_model d_model",
    "additive_score.v": "d_model",
    "global_attention.W_C": "both d_model",
}


def axes_of_parameter(path: str) -> str:
    """Return the axes of a parameter in einops words, or none for one of somebody else's."""
    module, _, name = path.rpartition(".")
    return AXES.get(f"{room(module)}.{name}", "")
