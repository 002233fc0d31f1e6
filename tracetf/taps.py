"""The one function the layers call: it says what may be looked at, and does nothing when nobody looks."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import torch
from torch import Tensor

Watcher = Callable[[str, Mapping[str, Tensor]], None]


@dataclass(frozen=True, eq=False, slots=True)
class Phase:
    """Name a stretch of the run (`encode`, `decode 3`); entered anew, it is another stretch."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Name a place in the run that is no module, and what was given to it.

    Args:
        path: begins the paths of what is tapped in it.
        given: values and plain numbers, by the names that steps read them by.
        calls: what each recording noted of it.
    """

    path: str
    given: Mapping[str, Any]
    calls: dict[object, Any] = field(default_factory=dict)


_open = 0
_lock = Lock()
_stance = ExitStack()
_watching: ContextVar[tuple[Watcher, ...]] = ContextVar("watching", default=())
_phase: ContextVar[Phase] = ContextVar("phase", default=Phase("forward"))  # noqa: B039 - frozen
_place: ContextVar[Place | None] = ContextVar("place", default=None)


def tap(axes: str = "", /, **values: Tensor) -> None:
    """Show values under their names to whoever is recording; nothing else, ever.

    `tap(scores=scores)` is enough for a step of the table. A step of your own may say its axes first, in
    einops words: `tap("batch token gate", opened=opened)`.

    Nobody recording is the common case and costs one look at a module-level count, which also lets
    `torch.compile(fullgraph=True)` through. Only then does a context variable say who watches this thread
    or task.
    """
    if _open:
        for watcher in _watching.get():
            watcher(axes, values)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Run a block as a named stretch of the run: `with phase("decode 1"): …`."""
    token = _phase.set(Phase(name))
    try:
        yield
    finally:
        _phase.reset(token)


def current_phase() -> Phase:
    """Return the stretch of the run that this thread or task is in."""
    return _phase.get()


@contextmanager
def place(path: str, /, **given: Tensor | float) -> Iterator[None]:
    """Run a block as a place of its own, as a module is one: `with place("loss", logits=logits): …`.

    Args:
        path: begins the paths of what is tapped in it.
        given: what it computes with, by the names that steps read it by.
    """
    if not _open:
        yield
        return
    token = _place.set(Place(path, given))
    try:
        yield
    finally:
        _place.reset(token)


def current_place() -> Place | None:
    """Return the place that this thread or task is in, if it is in one."""
    return _place.get()


def watched() -> bool:
    """Say whether anyone is recording, for what is computed to be shown alone."""
    return _open > 0


@contextmanager
def watch(watcher: Watcher) -> Iterator[None]:
    """Hand every tap of this thread or task to `watcher` while the block runs."""
    _count(+1)
    token = _watching.set((*_watching.get(), watcher))
    try:
        yield
    finally:
        _watching.reset(token)
        _count(-1)


def _count(change: int) -> None:
    global _open
    with _lock:
        was, _open = _open, _open + change
        if not was:
            _run_as_written()
        if not _open:
            _stance.close()


def _run_as_written() -> None:
    """Let compiled models run uncompiled while anyone watches, else their taps would not be seen.

    A model can have been compiled only if the compiler was imported; that takes seconds, so never here.
    """
    if "torch._dynamo" in sys.modules:
        _stance.enter_context(torch.compiler.set_stance("force_eager"))
