"""Say in a test what must come out of each step. `pip install tracetf` lends pytest the fixture `trace`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracetf.testing.shapes import Shapes
    from tracetf.testing.values import causal, close, finite, gradients, rows_sum_to_one

__all__ = ["Shapes", "causal", "close", "finite", "gradients", "rows_sum_to_one"]


def __getattr__(name: str) -> Any:
    """Resolve a name on first use: pytest imports this package in every run, also where nobody uses it."""
    if name not in __all__:
        raise AttributeError(f"module 'tracetf.testing' has no attribute {name!r}")
    return getattr(import_module(f"tracetf.testing.{'shapes' if name == 'Shapes' else 'values'}"), name)
