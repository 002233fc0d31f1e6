"""What the pytest plugin does once a test uses it: record, report, keep."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from tracetf.recorder import record
from tracetf.testing.shapes import WatchedTrace
from tracetf.trace import Trace

OPTIONS = [name for name in signature(record).parameters if name != "model"]


@contextmanager
def watched(test: pytest.Item) -> Iterator[WatchedTrace]:
    """Record while the block runs, as the marks of a test say."""
    with record(**_options(test)) as trace:
        trace.__class__ = WatchedTrace  # the recorder writes to this very trace, so it cannot be a copy
        assert isinstance(trace, WatchedTrace)
        yield trace


def _options(test: pytest.Item) -> dict[str, Any]:
    """Collect what the marks of a test, its class and its module say; of two the nearer counts."""
    options: dict[str, Any] = {}
    for mark in reversed(list(test.iter_markers("trace"))):
        unknown = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in OPTIONS)]
        if unknown:
            known = ", ".join(OPTIONS)
            pytest.fail(
                f"pytest.mark.trace does not know {', '.join(unknown)}; it takes, by name: {known}",
                pytrace=False,
            )
        options |= mark.kwargs
    return options


def sections(test: pytest.Item, trace: WatchedTrace) -> list[tuple[str, str]]:
    """Return what a report says of a failed test: the events, and where the trace is kept."""
    told = _listed(trace)
    folder = test.config.getoption("--trace-save")
    if folder:
        # A test may have changed the working directory.
        told += f"\n{_keep(trace, test.config.invocation_params.dir / folder / _file_name(test.nodeid))}"
    return [("tracetf: recorded events", told)]


def _listed(trace: WatchedTrace) -> str:
    try:
        return str(trace.shapes)
    except Exception as error:  # the test has failed, and its own failure is to be seen
        return f"could not be listed: {error}"


def _keep(trace: Trace, path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        trace.save(path)
    except Exception as error:  # likewise
        return f"the trace could not be kept: {error}"
    return f"kept in {path}"


def _file_name(test: str) -> str:
    """Return a file name of its own for each test, whatever characters its id has and however long it is."""
    plain = re.sub(r"[^\w.-]+", "_", test, flags=re.ASCII).strip("_.")
    return f"{plain[:150]}-{sha256(test.encode()).hexdigest()[:8]}.safetensors"
