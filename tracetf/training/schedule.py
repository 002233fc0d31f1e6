"""The warm-up: equation 3 of the paper."""

from math import sqrt

import torch

from tracetf.taps import place, tap


def learning_rate(step: int, peak: float, warmup: int) -> float:
    """Rise evenly to `peak` over the warm-up, then fall with 1/√step: equation 3.

    With peak = 1/√(d_model · warmup) it is the paper's own curve.

    Args:
        step: optimiser step, from 1.
        peak: highest learning rate.
        warmup: optimiser steps.
    """
    with place("schedule", step=step, peak=peak, warmup=warmup):
        rate = peak * min(step / warmup, sqrt(warmup / step))
        tap(rate=torch.tensor(rate, dtype=torch.float64))
    return rate
