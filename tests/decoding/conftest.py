"""A model whose words change from step to step, and ways to run it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from tracetf.decoding import beam, greedy, sample
from tracetf.transformer import Transformer

WAYS: dict[str, Callable[..., Iterator[Tensor]]] = {"greedy": greedy, "sample": sample, "beam": beam}
NEVER = 99


@pytest.fixture
def model(build: Callable[..., Transformer]) -> Transformer:
    # This one writes 4 11 8 8 8 8 … and 9 9 10 10 …: words that change, and not the same for both sentences.
    return build(seed=5)


@pytest.fixture
def written(model: Transformer, source: Tensor) -> Callable[..., list[list[int]]]:
    """Return a function that decodes and gives the words, sentence by sentence."""

    @torch.inference_mode()
    def written(sentences: Tensor = source, way: str = "greedy", **changes: Any) -> list[list[int]]:
        options: dict[str, Any] = {"start": 1, "end": NEVER, "longest": 6, "cached": False} | changes
        *_, last = WAYS[way](model, sentences, **options)
        return last.tolist()

    return written
