"""The Transformer of "Attention Is All You Need", written so that every number can be watched being made."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracetf.dimensions import Dimensions
    from tracetf.recorder import record
    from tracetf.shipped import load
    from tracetf.steps import step
    from tracetf.taps import phase, tap
    from tracetf.trace import Event, Trace, verify
    from tracetf.trace.compare import compare
    from tracetf.trace.file import read_trace
    from tracetf.transformer import Transformer
    from tracetf.translate import Translator

__all__ = [
    "Dimensions",
    "Event",
    "Trace",
    "Transformer",
    "Translator",
    "compare",
    "load",
    "phase",
    "read_trace",
    "record",
    "step",
    "tap",
    "verify",
]

_HOMES = {
    "Dimensions": "tracetf.dimensions",
    "Event": "tracetf.trace",
    "Trace": "tracetf.trace",
    "Transformer": "tracetf.transformer",
    "Translator": "tracetf.translate",
    "compare": "tracetf.trace.compare",
    "load": "tracetf.shipped",
    "phase": "tracetf.taps",
    "read_trace": "tracetf.trace.file",
    "record": "tracetf.recorder",
    "step": "tracetf.steps",
    "tap": "tracetf.taps",
    "verify": "tracetf.trace",
}


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def __getattr__(name: str) -> Any:
    """Resolve a public name on first use, so that `import tracetf` imports no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tracetf' has no attribute {name!r}")
    if "IPython" in sys.modules:
        import_module("tracetf.views.notebook")  # events and traces then show themselves as tables
    return getattr(import_module(_HOMES[name]), name)
