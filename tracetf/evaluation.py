"""How readable a translator's attention is: whether it looks where the gold alignment says."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tracetf.data.grammar import Pair
from tracetf.data.vocabulary import START
from tracetf.recorder import record
from tracetf.trace import Event, Trace
from tracetf.translate import Translator, padded

TOGETHER = 100
LOOKS = ("*.cross_attention.weights", "*.global_attention.weights")


def readability(model: Translator, pairs: Sequence[Pair]) -> dict[str, list[float]]:
    """Return for each attention to the source, head by head, how often it looks most at a gold source word.

    Content words alone count (nouns, verbs, adjectives, adverbs, pronouns, question words), each read at
    the row that predicts it, with the gold prefix before it.
    """
    looks: dict[str, list[NDArray[Any]]] = {}
    for first in range(0, len(pairs), TOGETHER):
        batch = pairs[first : first + TOGETHER]
        for event in _cross_attention(model, batch).select():
            looks.setdefault(event.module, []).append(_on_gold(_by_heads(event), batch))
    return {module: np.concatenate(found).mean(axis=0).tolist() for module, found in looks.items()}


@torch.inference_mode()
def _cross_attention(model: Translator, pairs: Sequence[Pair]) -> Trace:
    source = padded([model.source.encode(pair.source) for pair in pairs], model.padding)
    target = padded([[START, *model.target.encode(pair.target)] for pair in pairs], model.padding)
    with record(model, only=LOOKS, parameters=False) as trace:
        model(source, target)
    return trace


def _by_heads(event: Event) -> NDArray[Any]:
    return event.value if "head" in event.axes else event.value[:, None]


def _on_gold(weights: NDArray[Any], pairs: Sequence[Pair]) -> NDArray[Any]:
    """Return a row per content word: for each head, whether its largest weight is on a gold source word."""
    return np.array(
        [
            [looked in gold for looked in weights[sentence, :, row].argmax(axis=-1)]
            for sentence, pair in enumerate(pairs)
            for row, gold in enumerate(pair.alignment)
            if gold and is_content(pair.target[row])
        ]
    )


def is_content(piece: str) -> bool:
    """Say whether a Korean piece carries content: no ending or particle, no mark, not the bare 것."""
    return not piece.startswith("##") and piece not in (".", "?", "것")
