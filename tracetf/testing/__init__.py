"""Say in a test what must come out of each step. Installing tracetf lends pytest the fixture `trace`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracetf.testing.shapes import Shapes, WatchedTrace
    from tracetf.testing.values import causal, close, finite, gradients, rows_sum_to_one

__all__ = ["Shapes", "WatchedTrace", "causal", "close", "finite", "gradients", "rows_sum_to_one"]

_HOMES = {
    "Shapes": "shapes",
    "WatchedTrace": "shapes",
    "causal": "values",
    "close": "values",
    "finite": "values",
    "gradients": "values",
    "rows_sum_to_one": "values",
}


def __getattr__(name: str) -> Any:
    """Resolve a name on first use: pytest imports this package in every run, also where nobody uses it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tracetf.testing' has no attribute {name!r}")
    return getattr(import_module(f"tracetf.testing.{_HOMES[name]}"), name)
