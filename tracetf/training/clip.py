"""Clipping by the norm of the whole gradient: Pascanu et al. 2013, algorithm 1."""

from collections.abc import Mapping
from math import inf

import torch
from torch import Tensor
from torch.linalg import vector_norm
from torch.nn import Parameter

from tracetf.taps import place, tap

EPSILON = 1e-6  # keeps the division from zero; torch's own clip_grad_norm_ has the same


@torch.no_grad()
def clip(parameters: Mapping[str, Parameter], largest: float = inf) -> Tensor:
    """Shrink all gradients by one factor, so that together they are no longer than `largest`.

    Args:
        parameters: by name; their gradients are changed in place.
        largest: norm allowed; any when left out.

    Shapes:
        return:
    """
    gradients = gradients_of(parameters)
    with place("gradient", largest=largest, **gradients):
        norm = vector_norm(torch.stack([length(gradient) for gradient in gradients.values()]))
        scale = (largest / (norm + EPSILON)).clamp(max=1)
        tap(norm=norm, scale=scale)
    for name, gradient in gradients.items():
        with place(f"{name}.gradient", raw=gradient, scale=scale):
            tap(clipped=gradient.mul_(scale))
    return norm


def length(numbers: Tensor) -> Tensor:
    """Return the root of the sum of all squares, row by row: over millions at once float32 is off by 10⁻⁴.

    Shapes:
        return:
    """
    return vector_norm(vector_norm(numbers, dim=-1))


def gradients_of(parameters: Mapping[str, Parameter]) -> dict[str, Tensor]:
    """Return the gradients that a backward pass left, by the name of the parameter."""
    gradients = {name: parameter.grad for name, parameter in parameters.items() if parameter.grad is not None}
    for name, gradient in gradients.items():
        with place(f"{name}.gradient"):
            tap(raw=gradient)
    return gradients
