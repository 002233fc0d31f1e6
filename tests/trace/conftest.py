"""Two runs to be held against each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tracetf.decoding import greedy
from tracetf.recorder import record
from tracetf.trace import Event, Trace
from tracetf.transformer import Transformer

# Five words a side: as many as d_k, so that a Kᵀ left out goes unpunished by the shapes.
SOURCE = torch.tensor([[4, 5, 6, 7, 8], [9, 10, 3, 0, 0]])
TARGET = torch.tensor([[1, 5, 6, 7, 9], [1, 8, 12, 0, 0]])


def forward(model: Transformer) -> None:
    model(SOURCE, TARGET)


def shifted(model: Transformer) -> None:
    model(SOURCE, TARGET.roll(-1, dims=1))


def decode(model: Transformer) -> None:
    list(greedy(model, SOURCE, start=1, end=99, longest=3, cached=True))


RUNS = {"forward": forward, "train": forward, "shifted": shifted, "decode": decode}


def recorded(model: Transformer, run: str) -> Trace:
    torch.manual_seed(1)
    with record(model) as trace, torch.no_grad():
        RUNS[run](model)
    return trace


@pytest.fixture
def two_runs(build: Callable[..., Transformer], monkeypatch: Any) -> Callable[..., tuple[Trace, Trace]]:
    """Return a function that records the reference, and a model of the same weights with a fault.

    Args:
        patches: what is replaced while the faulty model is made and run: owner, name, replacement.
        swaps: modules, by the end of their path, that become of another class.
        wire: what else is done to the faulty model.
        changes: other dimensions of the faulty model.
        both: other dimensions of both.
        run: how both are run; `shifted` the faulty one only.
    """

    def two_runs(
        patches: Sequence[tuple[Any, str, Any]] = (),
        swaps: Mapping[str, type[nn.Module]] | None = None,
        wire: Callable[[Transformer], Any] = lambda model: None,
        changes: Mapping[str, Any] | None = None,
        both: Mapping[str, Any] | None = None,
        run: str = "forward",
    ) -> tuple[Trace, Trace]:
        size = {"train": run == "train", **(both or {})}
        right = build(**size)
        reference = recorded(right, "forward" if run == "shifted" else run)
        with monkeypatch.context() as patch:
            for owner, name, faulty in patches:
                patch.setattr(owner, name, faulty)
            wrong = build(**size, **(changes or {}))
            wrong.load_state_dict(right.state_dict(), strict=False)
            for name, module in wrong.named_modules():
                for path, kind in (swaps or {}).items():
                    if f".{name}".endswith(f".{path}"):
                        module.__class__ = kind
            wire(wrong)
            return reference, recorded(wrong, run)

    return two_runs


@pytest.fixture(scope="session")
def trace_of() -> Callable[..., Trace]:
    """Return a function that makes a trace of some events, with what else another trace knows."""

    def trace_of(*events: Event, like: Trace | None = None) -> Trace:
        trace = (
            Trace(like.parameters, like.constants, like.dimensions, like.vocabularies) if like else Trace()
        )
        for event in events:
            trace.append(event)
        return trace

    return trace_of


@pytest.fixture(scope="session")
def single(trace_of: Callable[..., Trace]) -> Callable[..., Trace]:
    """Return a function that makes a trace of one event."""

    def single(value: Any, axes: str = "batch", path: str = "made_up", phase: str = "forward") -> Trace:
        return trace_of(Event(0, 0, phase, path, tuple(axes.split()), np.asarray(value)))

    return single


@pytest.fixture(scope="session")
def without(trace_of: Callable[..., Trace]) -> Callable[..., Trace]:
    """Return a function that copies a trace without the events that match any of some globs."""

    def without(trace: Trace, *globs: str) -> Trace:
        left_out = {event.order for glob in globs for event in trace.select(glob)}
        return trace_of(*(event for event in trace if event.order not in left_out), like=trace)

    return without


@pytest.fixture(scope="session")
def changed(runs: dict[str, Trace], planted: Callable[..., Trace]) -> Callable[..., tuple[Trace, Trace]]:
    """Return a function that makes two runs in which one step holds zeros, but for the numbers given."""

    def changed(
        path: str, a: Mapping[tuple[int, ...], float], b: Mapping[tuple[int, ...], float]
    ) -> tuple[Trace, Trace]:
        trace = runs["forced"]
        event = trace[path]
        values = np.zeros_like(event.value), np.zeros_like(event.value)
        for value, numbers in zip(values, (a, b), strict=True):
            for index, number in numbers.items():
                value[index] = number
        return planted(trace, event, values[0]), planted(trace, event, values[1])

    return changed
