"""What came before the Transformer: networks that read a sentence word by word, and carry a state along."""

from tracetf.recurrent.cells import Cell, GRUCell, LSTMCell, ResetBeforeGRUCell, RNNCell, State
from tracetf.recurrent.language import Bigram, LatentAutoregressive
from tracetf.recurrent.unrolled import Recurrent

__all__ = [
    "Bigram",
    "Cell",
    "GRUCell",
    "LSTMCell",
    "LatentAutoregressive",
    "RNNCell",
    "Recurrent",
    "ResetBeforeGRUCell",
    "State",
]
