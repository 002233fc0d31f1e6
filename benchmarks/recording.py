"""What recording costs.

A record is memory that a plain run gives back and takes again. What the system asks for fresh pages differs
between machines by a factor of twenty, so it is told apart from what the recorder does.
"""

import mmap
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from time import perf_counter

import torch
from torch import Tensor

from benchmarks.timing import SIZES, Row, ratio
from tracetf import Dimensions, Transformer, record

WANTED = {1: "≤ 1.5", 32: "≤ 1.4"}


def forward(model: Transformer, sentences: Tensor) -> None:
    """Run a model as in evaluation."""
    with torch.inference_mode():
        model(sentences, sentences)


def recorded_forward(model: Transformer, sentences: Tensor) -> None:
    """Run a model as in evaluation, and record every step."""
    with record(model, parameters=False):
        forward(model, sentences)


def step(model: Transformer, sentences: Tensor) -> None:
    """Run a model forwards and backwards."""
    model(sentences, sentences).square().mean().backward()


def recorded_step(model: Transformer, sentences: Tensor) -> None:
    """Run a model forwards and backwards, and record every step with its gradient."""
    with record(model, parameters=False):
        step(model, sentences)


def models(size: Dimensions) -> tuple[Transformer, Transformer]:
    """Return a model, and the same one once more that will never be recorded."""
    torch.manual_seed(0)
    model, fresh = Transformer(size).eval(), Transformer(size).eval()
    fresh.load_state_dict(model.state_dict())
    return model, fresh


def large_forward() -> float:
    """Return how many times longer the larger forward takes when it is recorded."""
    _, size, batch, words = SIZES[1]
    model, _ = models(size)
    sentences = torch.randint(1, size.source_words, (batch, words))
    return ratio(partial(recorded_forward, model, sentences), partial(forward, model, sentences))


def with_memory_kept() -> float:
    """Return the same in a process that keeps what it frees, so that both runs find their memory there."""
    kept = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**25)}
    command = [sys.executable, "-m", "benchmarks.recording"]
    return float(subprocess.check_output(command, env={**os.environ, **kept}))


def fresh_page() -> float:
    """Return what the system takes to hand out a page of memory, in seconds."""
    pages = 10_000
    with mmap.mmap(-1, pages * mmap.PAGESIZE) as memory:
        times = []
        for _ in range(2):
            begin = perf_counter()
            for place in range(0, len(memory), mmap.PAGESIZE):
                memory[place] = 1
            times.append(perf_counter() - begin)
    return (times[0] - times[1]) / pages


def rows() -> Iterator[Row]:
    """Yield what recording costs, and what is left of it when it is over."""
    for name, size, batch, words in SIZES:
        model, fresh = models(size)
        sentences = torch.randint(1, size.source_words, (batch, words))
        pairs = (
            (f"forward of {name}, recorded over plain", recorded_forward, forward, model, WANTED[batch]),
            (f"training step of {name}, recorded over plain", recorded_step, step, model, "≤ 1.4"),
            (f"forward of {name}, after recordings over never recorded", forward, forward, fresh, "≤ 1.01"),
        )
        for what, one, other, beside, wanted in pairs:
            measured = ratio(partial(one, model, sentences), partial(other, beside, sentences))
            yield Row(what, f"{measured:.2f}", wanted)
    yield Row(
        f"forward of {name}, recorded over plain, freed memory kept", f"{with_memory_kept():.2f}", "≤ 1.4"
    )
    yield Row("one fresh page of memory", f"{fresh_page() * 1e6:.1f} µs", "beside it")


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(large_forward())
