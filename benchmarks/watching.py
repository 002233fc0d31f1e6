"""What a tap costs when nobody watches.

The same model is made twice, once as it is and once with every `tap(…)` deleted from its source.
"""

import ast
import sys
import tempfile
import timeit
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

import torch

import tracetf
from benchmarks.timing import SIZES, Row, ratio
from tracetf.taps import tap


class WithoutTaps(ast.NodeTransformer):
    """Delete every statement that is a call of `tap`."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        call = node.value
        is_tap = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "tap"
        return None if is_tap else node


def untapped() -> type[torch.nn.Module]:
    """Return the Transformer of a copy of the package whose layers and transformer have no taps."""
    home = Path(tracetf.__file__).parent
    copy = Path(tempfile.mkdtemp()) / "untapped"
    for source in [
        home / "transformer.py",
        home / "encoder_decoder.py",
        home / "dimensions.py",
        home / "taps.py",
        *home.glob("layers/*.py"),
    ]:
        text = source.read_text(encoding="utf-8")
        if source.name != "taps.py":
            text = ast.unparse(WithoutTaps().visit(ast.parse(text)))
        place = copy / source.relative_to(home)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("from tracetf.", "from untapped."), encoding="utf-8")
    sys.path.insert(0, str(copy.parent))
    return import_module("untapped.transformer").Transformer


def rows() -> Iterator[Row]:
    """Yield the cost of one tap, and of all taps of a forward."""
    value = torch.zeros(1)
    values = dict.fromkeys(("scores", "scaled", "masked", "weights", "heads"), value)
    cost = min(timeit.repeat(lambda: tap(**values), number=100_000, repeat=5)) / 100_000
    yield Row("one tap of five values, nobody watching", f"{cost * 1e6:.2f} µs", "< 0.3 µs")
    for name, size, batch, words in SIZES:
        models = []
        for kind in (tracetf.Transformer, untapped()):
            torch.manual_seed(0)
            models.append(kind(size).eval())
        sentences = torch.randint(1, size.source_words, (batch, words))
        tapped, plain = (partial(model, sentences, sentences) for model in models)
        with torch.inference_mode():
            yield Row(f"forward of {name}, with taps over without", f"{ratio(tapped, plain):.3f}", "≤ 1.02")
