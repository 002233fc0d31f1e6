"""How to train."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Say how to train; the defaults made the shipped model.

    Args:
        steps: optimiser steps.
        batch: sentences a step.
        peak: highest learning rate, reached when the warm-up ends.
        warmup: optimiser steps over which the learning rate rises.
        smoothing: share of the target spread evenly over the vocabulary, section 5.4.
        clip: largest norm of the gradient.
        seed: of the weights, the batches and the dropout.
    """

    steps: int = 1200
    batch: int = 128
    peak: float = 3e-3
    warmup: int = 200
    smoothing: float = 0.1
    clip: float = 1.0
    seed: int = 5
