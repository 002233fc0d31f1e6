"""Settings that go well together."""

from typing import Any

from tracetf.training.config import known
from tracetf.training.settings import Settings

SHORT_SENTENCES: dict[str, Any] = {
    "d_model": 64,
    "longest": 64,
    "corpus": "small",
    "steps": 1200,
    "batch": 128,
    "batch_tokens": 0,
    "peak": 3e-3,
    "warmup": 200,
    "clip": 1.0,
    "seed": 5,
    "validate_every": 200,
    "save_every": 200,
    "threads": 1,  # so small a model gains nothing from more, and one adds up in one order
}
PRESETS: dict[str, dict[str, Any]] = {
    "student": {**SHORT_SENTENCES, "heads": 4, "layers": 2, "d_ff": 128},
    "gru": {**SHORT_SENTENCES, "architecture": "gru"},
    "gru-attention": {**SHORT_SENTENCES, "architecture": "gru-attention"},
    "tiny": {"d_model": 128, "heads": 4, "layers": 4, "d_ff": 256, "steps": 20_000, "warmup": 2000},
    "base": {},
}


def preset(name: str, **changes: Any) -> Settings:
    """Return the settings of a preset, with some of them changed.

    Args:
        name: `student`, the model that ships; `tiny`, for a laptop; `base`, the paper's, table 3.

    Raises:
        ValueError: an unknown preset, an unknown setting, a value out of its range.
    """
    if name not in PRESETS:
        raise ValueError(f"there is no preset {name!r}; choose {', '.join(PRESETS)}")
    return Settings(**PRESETS[name] | known(changes))
