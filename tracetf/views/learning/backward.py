"""How long the gradient is on its way back, and one gradient beside its value."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

import numpy as np
from rich.text import Text

from tracetf.steps.table import Array
from tracetf.views.grid import grids
from tracetf.views.ink import figure, power_of_ten
from tracetf.views.learning.page import Page
from tracetf.views.matrix import gradients, magnified, matrices

STREAM = ("logits", "added", "embedded")
RAW = ".gradient.raw"


def backward(page: Page) -> Iterator[Text]:
    """Tell how long the gradient is along the residual stream and in each layer; one beside its value."""
    stream = [event for event in page.step() if event.name in STREAM and event.gradient is not None]
    yield Text(page.say["lesson_stream"])
    yield from page.bars({event.path: _norm(event.gradient) for event in reversed(stream)})
    squares: dict[str, float] = defaultdict(float)
    for event in page.step():
        if event.path.endswith(RAW):
            squares[layer_or_part(event.path)] += _norm(event.value) ** 2
    yield Text()
    yield Text(page.say["lesson_layers"])
    yield from page.bars({part: sqrt(square) for part, square in squares.items()})
    norm, scale = page.at("gradient.norm"), page.at("gradient.scale")
    largest = figure(scale.numbers["largest"])
    yield Text(f"norm = √(Σ raw²) = {figure(float(norm.value))}")
    yield Text(f"scale = min(1, {largest} / {figure(float(norm.value))}) = {figure(float(scale.value))}")
    yield Text()
    yield from _beside(page)


def _beside(page: Page) -> Iterator[Text]:
    event = page.at(f"decoder.layers.{page.wish.layer}.cross_attention.weights")
    if event.gradient is None:
        return
    head = [page.wish.head or 0]
    [value] = matrices(page.trace, event, head)
    [gradient], power = magnified(gradients(page.trace, event, head))
    unit = f" · {power_of_ten(power)}" if power else ""
    yield Text(page.say["lesson_value"]).append(f"  {event.path}", style="dim")
    yield Text(page.say["predicts"], style="dim")
    drawn = [value, replace(gradient, title=page.say["gradient"] + unit)]
    yield from grids(drawn, page.width, page.coloured, full=True)


def layer_or_part(path: str) -> str:
    """Return the layer that a path is in, `encoder.layers.0`, or else the part, `decoder.embedding`."""
    found = re.match(r"\w+\.layers\.\d+|\w+\.\w+|\w+", path)
    return found[0] if found else path


def _norm(array: Array | None) -> float:
    return 0.0 if array is None else float(np.linalg.norm(array.astype(np.float64)))
