"""The table of steps. Everything that shows, checks or explains a number reads it.

Each step is a NumPy function of what it reads, in the paper's symbols, beside its axes, its formula and its
source. The words for it stand under the same key in `tracetf.words`.
"""

from tracetf.steps import (
    attention,
    beam,
    block,
    inputs,
    language,
    loss,
    outputs,
    recurrent,
    sampling,
    seq2seq,
    update,
)
from tracetf.steps.table import STEPS, Step, find, matching, nearest, step

__all__ = [
    "STEPS",
    "Step",
    "attention",
    "beam",
    "block",
    "find",
    "inputs",
    "language",
    "loss",
    "matching",
    "nearest",
    "outputs",
    "recurrent",
    "sampling",
    "seq2seq",
    "step",
    "update",
]
