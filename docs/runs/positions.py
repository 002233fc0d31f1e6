"""What attention knows of order: nothing, until waves are added."""

import numpy as np
import torch

import tracetf
from tracetf.layers.positions import sinusoid
from tracetf.translate import Translator
from tracetf.whatifs import without

HERE, THERE, PLACES = "i go home", "home go i", [2, 1, 0, 3]
MEMORY = "encoder.layers.1.feed_forward_norm.output"
model = tracetf.load()


def memory(reader: Translator, sentence: str) -> np.ndarray:
    """Return the vectors that an encoder makes of a sentence."""
    with tracetf.record(reader, only=MEMORY) as trace:
        reader.translate(sentence)
    return trace[MEMORY].value[0]


def moved(reader: Translator) -> np.ndarray:
    """Return by how much each word's vector changes when the words change places."""
    return np.abs(memory(reader, HERE) - memory(reader, THERE)[PLACES]).max(axis=1)


moved_with, moved_without = moved(model), moved(without(model, "positions"))
with tracetf.record(model) as trace:
    model.translate(HERE)

# the waves
LENGTH, WIDTH = 50, 64
waves = sinusoid(LENGTH, WIDTH).numpy().astype(np.float64)
distinct = len(np.unique(waves.round(6), axis=0))
squares = (waves**2).sum(axis=1)
first_waves = [(float(place), float(waves[place, 0])) for place in range(LENGTH)]
slow_waves = [(float(place), float(waves[place, 16])) for place in range(LENGTH)]
likeness = [(float(apart), float(waves[0] @ waves[apart])) for apart in range(40)]

# a shift is a rotation, the same at every place
SHIFT, SMALL = 3, 8
small = sinusoid(LENGTH, SMALL).numpy().astype(np.float64)
angles = SHIFT / 10000 ** (np.arange(0, SMALL, 2) / SMALL)
turned = np.empty_like(small)
turned[:, 0::2] = small[:, 0::2] * np.cos(angles) + small[:, 1::2] * np.sin(angles)
turned[:, 1::2] = small[:, 1::2] * np.cos(angles) - small[:, 0::2] * np.sin(angles)
turn_error = float(np.abs(turned[:-SHIFT] - small[SHIFT:]).max())

# how large words and places are when training begins
DRAWN = torch.randn(1000, WIDTH, generator=torch.Generator().manual_seed(0)) / WIDTH**0.5
size = {
    "rows": float(DRAWN.square().mean().sqrt()),
    "scaled": float((DRAWN * WIDTH**0.5).square().mean().sqrt()),
    "waves": float((waves**2).mean() ** 0.5),
}
