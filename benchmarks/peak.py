"""How fast this machine multiplies matrices, and how much longer a training step takes than its products."""

from collections.abc import Callable, Iterator
from functools import partial
from timeit import repeat

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.timing import Row, ratio
from benchmarks.training import WORKS, batches, our_step

SIDE, TIMES = 1024, 20


def operations(run: Callable[[], object]) -> int:
    """Count the multiplications and additions of the matrix products in a run."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def rows() -> Iterator[Row]:
    """Yield the machine's peak, and how far from it a training step is."""
    one, other, into = torch.randn(3, SIDE, SIDE)
    product = partial(torch.mm, one, other, out=into)
    peak = operations(product) / min(repeat(product, number=1, repeat=TIMES))
    yield Row(f"peak, a product of {SIDE:,} × {SIDE:,} matrices", f"{peak / 1e9:.0f} GFLOP/s", "beside it")
    name, size, lengths, sentences, _, pairs = WORKS[0]
    step = our_step(size, batches(size, lengths, sentences)[-1:])
    longer = ratio(step, product, pairs) * operations(product) / operations(step)
    yield Row(
        f"training step of {name}, over its matrix products at that speed", f"{longer:.2f}", "beside it"
    )
