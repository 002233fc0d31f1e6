"""What a tap costs when nobody watches: `OMP_NUM_THREADS=1 python benchmarks/watching.py`.

The same model is made twice, once as it is and once with every `tap(…)` deleted from its source; their
forwards run in turn, and the median of the ratios, pair by pair, is printed.
"""

import ast
import sys
import tempfile
import timeit
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter

import torch

import tracetf
from tracetf.taps import tap

PAIRS = 400


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


def ratio(size: tracetf.Dimensions, batch: int, words: int) -> float:
    """Return the time of a forward with taps over one without, the median of many pairs."""
    models = []
    for kind in (tracetf.Transformer, untapped()):
        torch.manual_seed(0)
        models.append(kind(size).eval())
    sentences = torch.randint(1, size.source_words, (batch, words))
    ratios = []
    with torch.inference_mode():
        for turn in range(PAIRS + 20):
            times = {}
            for model in models if turn % 2 else models[::-1]:
                begin = perf_counter()
                model(sentences, sentences)
                times[model] = perf_counter() - begin
            ratios.append(times[models[0]] / times[models[1]])
    return median(ratios[20:])


def main() -> None:
    """Print the cost of one tap and of all taps of a forward."""
    torch.set_num_threads(1)
    value = torch.zeros(1)
    for names in ({"scores"}, {"scores", "scaled", "masked", "weights", "heads"}):
        values = dict.fromkeys(names, value)
        cost = min(timeit.repeat(lambda v=values: tap(**v), number=100_000, repeat=5)) / 100_000
        print(f"one tap of {len(names)} values, nobody watching: {cost * 1e9:.0f} ns")
    student = tracetf.Dimensions(122, 143, d_model=64, heads=4, d_ff=128, layers=2, longest=64)
    larger = tracetf.Dimensions(1000, 1000, d_model=128, heads=4, d_ff=256, layers=2, longest=64)
    for name, size, batch, words in (
        ("1 × 5 words", student, 1, 5),
        ("32 × 32 words, d 128", larger, 32, 32),
    ):
        print(f"forward of {name}, with taps over without: {ratio(size, batch, words):.3f}")


if __name__ == "__main__":
    main()
