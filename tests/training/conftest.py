"""What the tests of training share: a small file of pairs, settings that train on it in a moment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor, nn

from tracetf.data.grammar import pairs
from tracetf.training.lessons import texts
from tracetf.training.settings import Settings

SMALL = {
    "d_model": 12,
    "heads": 3,
    "layers": 1,
    "d_ff": 16,
    "longest": 24,
    "tokens": "words",
    "held_out": 10,
    "steps": 24,
    "batch": 16,
    "batch_tokens": 0,
    "warmup": 8,
    "peak": 5e-3,
    "validate_every": 8,
    "score": 3,
    "save_every": 5,
    "threads": 1,
}


@pytest.fixture(scope="session")
def pair_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of a hundred pairs."""
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    said = texts(list(pairs("small"))[::331][:100])
    path.write_text("".join(f"{pair.source}\t{pair.target}\n" for pair in said), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small(pair_file: Path) -> Callable[..., Settings]:
    """Return a function that makes settings by which a training takes a moment."""

    def small(**changes: Any) -> Settings:
        return Settings(**{**SMALL, "data": str(pair_file), **changes})

    return small


@pytest.fixture(scope="session")
def bits() -> Callable[[nn.Module], dict[str, bytes]]:
    """Return a function that gives the weights of a model to the bit."""

    def bits(model: nn.Module) -> dict[str, bytes]:
        return {name: _bytes(weight) for name, weight in model.named_parameters()}

    return bits


def _bytes(weight: Tensor) -> bytes:
    return weight.detach().numpy().tobytes()
