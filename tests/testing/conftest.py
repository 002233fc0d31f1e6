"""Traces made by hand, and test files run by a pytest of their own."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from tracetf.trace import Event, Trace

Run = Callable[..., pytest.RunResult]
MODEL = """
import pytest
import torch
import tracetf
from torch import nn

@pytest.fixture
def model():
    torch.manual_seed(0)
    return tracetf.Transformer(tracetf.Dimensions(
        source_words=11, target_words=13, d_model=12, heads=3, d_k=5, d_v=2, d_ff=7, layers=2, longest=16
    )).eval()

@pytest.fixture
def batch():
    return torch.tensor([[4, 5, 6, 7, 8], [9, 10, 3, 0, 0]]), torch.tensor([[1, 5, 6, 7], [1, 8, 12, 0]])
"""


@pytest.fixture(scope="session")
def made() -> Callable[[Mapping[str, str]], Trace]:
    """Return a function that makes a trace of paths and the sizes of their axes, `batch=2 head=3`."""

    def made(events: Mapping[str, str], phase: str = "forward") -> Trace:
        trace = Trace()
        for order, (path, sizes) in enumerate(events.items()):
            axes = tuple(one.split("=")[0] for one in sizes.split())
            shape = [int(one.split("=")[1]) for one in sizes.split()]
            trace.append(Event(order, 0, phase, path, axes, np.zeros(shape)))
        return trace

    return made


@pytest.fixture(autouse=True)
def _as_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("PYTEST_ADDOPTS", "CI", "BUILD_NUMBER"):  # in CI pytest shortens no message
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Return a function that runs a test file with the plugin.

    Run in this process, pytest remembers what its hooks were given; run `apart` it does not.
    """
    pytester.makeconftest(MODEL)

    def run(code: str, *arguments: str, apart: bool = False) -> pytest.RunResult:
        pytester.makepyfile(test_theirs=code)
        start = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return start("-p", "tracetf.testing.plugin", *arguments)

    return run


@pytest.fixture(scope="session")
def message() -> Callable[[pytest.RunResult], str]:
    """Return a function that gives what pytest said of the failed assertion."""
    return lambda result: "\n".join(line[8:] for line in result.outlines if line.startswith("E  "))
