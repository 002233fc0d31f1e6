"""The paper's training, section 5: teacher forcing, Adam, warm-up, label smoothing."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracetf.training.batches import numbered
    from tracetf.training.lessons import read_lessons, translator
    from tracetf.training.opening import begin, resume
    from tracetf.training.presets import preset
    from tracetf.training.settings import Settings
    from tracetf.training.trainer import train

__all__ = ["Settings", "begin", "numbered", "preset", "read_lessons", "resume", "train", "translator"]

_HOMES = {
    "Settings": "settings",
    "begin": "opening",
    "numbered": "batches",
    "preset": "presets",
    "read_lessons": "lessons",
    "resume": "opening",
    "train": "trainer",
    "translator": "lessons",
}


def __getattr__(name: str) -> Any:
    """Resolve a name on first use, so that settings are known without torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tracetf.training' has no attribute {name!r}")
    return getattr(import_module(f"tracetf.training.{_HOMES[name]}"), name)
