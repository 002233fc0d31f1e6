"""Module calls, heard by whoever records: which module is running, and what it was called with."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from inspect import signature
from itertools import chain
from threading import Lock
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from tracetf.taps import Place

WHOLE = (Tensor, int, float, nn.Module)
SEVERAL = (tuple, list)


class Call(NamedTuple):
    """A module running in this thread or task, as one recorder sees it.

    Args:
        recording: which recording, told apart by identity.
        path: the module's path.
        began: order of the first event in it.
        inputs: its arguments that are values, each with the order of the event that made it.
        numbers: its arguments that are plain numbers.
        caller: the call it happens in.
        place: the place it happens in, or that it stands for itself.
    """

    recording: object
    path: str
    began: int
    inputs: Mapping[str, int]
    numbers: Mapping[str, float]
    caller: "Call | None"
    place: Place | None


class Listener(Protocol):
    """Hear of every module call of a thread or task."""

    def enter(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], caller: "Call | None"
    ) -> "Call | None":
        """Hear that a module begins to run; return that call, or its caller if not followed."""

    def leave(self, module: nn.Module, result: Any) -> None:
        """Hear that it is done, and what it returned."""


running: ContextVar[Call | None] = ContextVar("running", default=None)
_listening: ContextVar[tuple[Listener, ...]] = ContextVar("listening", default=())
_lock = Lock()


class Heard:
    """Stand in for a module's `forward` while anyone listens.

    A hook would be the usual way; it costs four times as much, and misses a call that is interrupted.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.forward = module.forward
        self.own = module.__dict__.get("forward")
        self.recordings = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the module, and tell the listeners of this thread or task before and after."""
        listeners = _listening.get()
        if not listeners:
            return self.forward(*args, **kwargs)
        before = call = running.get()
        try:
            for listener in listeners:
                call = listener.enter(self.module, args, kwargs, call)
            running.set(call)
            result = self.forward(*args, **kwargs)
            for listener in listeners:
                listener.leave(self.module, result)
            return result
        finally:
            running.set(before)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let a listener hear the calls of this thread or task while the block runs."""
    token = _listening.set((*_listening.get(), listener))
    before = running.get()
    try:
        yield
    finally:
        running.set(before)
        _listening.reset(token)


def is_listening(listener: Listener) -> bool:
    """Say whether the calls of this thread or task are heard by `listener`."""
    return listener in _listening.get()


def listen_to(modules: Iterable[nn.Module]) -> None:
    """Make the calls of these modules heard."""
    with _lock:
        for module in modules:
            heard = module.__dict__.get("forward")
            if not isinstance(heard, Heard):
                heard = module.__dict__["forward"] = Heard(module)
            heard.recordings += 1


def leave_alone(modules: Iterable[nn.Module]) -> None:
    """Take back one `listen_to`; with the last one, the modules are as they were."""
    with _lock:
        for module in modules:
            heard = module.__dict__.get("forward")
            if not isinstance(heard, Heard):
                continue
            heard.recordings -= 1
            if heard.recordings:
                continue
            if heard.own is None:
                del module.__dict__["forward"]
            else:
                module.__dict__["forward"] = heard.own


def arguments(
    module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the arguments of a call by name; one that holds several values (a cache, states) is opened."""
    named = zip(_names(type(module).forward), args)  # noqa: B905 - fewer args
    for name, value in chain(named, kwargs.items()) if kwargs else named:
        if isinstance(value, WHOLE) or value is None:
            yield name, value
        elif isinstance(value, SEVERAL):
            yield from ((f"{name}.{place}", part) for place, part in enumerate(value))
        else:
            yield from ((f"{name}.{part}", inner) for part, inner in getattr(value, "__dict__", {}).items())


@cache
def _names(forward: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(signature(forward).parameters)[1:]
