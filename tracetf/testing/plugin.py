"""Lend pytest the fixture `trace`. Every test run loads this file, so everything else is imported late."""

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tracetf.testing.shapes import WatchedTrace

TRACE = pytest.StashKey["WatchedTrace"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--trace-save`."""
    parser.getgroup("tracetf").addoption(
        "--trace-save",
        metavar="DIR",
        help="keep in DIR the trace of each failed test that uses the fixture 'trace'",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "trace(only='*', modules=False, …): what the fixture 'trace' records, as in tracetf.record"
    )


@pytest.fixture
def trace(request: pytest.FixtureRequest) -> Iterator["WatchedTrace"]:
    """Record what the test runs: a tracetf.Trace that also has `.shapes`."""
    from tracetf.testing.fixture import watched

    with watched(request.node) as trace:
        request.node.stash[TRACE] = trace
        yield trace
        del request.node.stash[TRACE]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a failed test what was recorded, and keep it if asked to."""
    report = yield
    if report.failed and TRACE in item.stash:
        from tracetf.testing.fixture import sections

        report.sections += sections(item, item.stash[TRACE])
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain a failed comparison of traces or of their shapes."""
    if "tracetf.trace" not in sys.modules:
        return None
    from tracetf.testing.shapes import explained

    return explained(op, left, right)
