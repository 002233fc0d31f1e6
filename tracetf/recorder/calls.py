"""Module calls, heard by whoever records: which module is running, and what it was called with."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from inspect import signature
from itertools import chain
from threading import Lock
from typing import Any, Protocol

from torch import Tensor, nn

from tracetf.taps import Place

WHOLE = frozenset((Tensor, nn.Parameter, int, float, bool, str, type(None)))
SEVERAL = (tuple, list)


Given = Callable[[], Iterable[tuple[str, Any]]]


class Call:
    """A module running in this thread or task, as one recorder sees it.

    Args:
        recording: which recording, told apart by identity.
        path: the module's path.
        began: how many taps there were before it.
        given: returns its arguments by name.
        caller: the call it happens in.
        place: the place it happens in, or that it stands for itself.

    Attributes:
        read: its arguments that are values, each with the order of the event that made it; and those that
            are plain numbers. Nothing until somebody asks.
    """

    __slots__ = ("began", "caller", "given", "path", "place", "read", "recording")

    def __init__(
        self,
        recording: object,
        path: str,
        began: int,
        given: Given,
        caller: "Call | None",
        place: Place | None,
    ) -> None:
        self.recording = recording
        self.path = path
        self.began = began
        self.given = given
        self.caller = caller
        self.place = place
        self.read: tuple[dict[str, int], dict[str, float]] | None = None


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

    __slots__ = ("__weakref__", "forward", "module", "own", "recordings")

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


def arguments(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Given:
    """Return what gives the arguments of a call by name.

    One that holds several values (a cache, states) is opened at once, for it may change.
    """
    given = partial(_named, type(module).forward, args, kwargs)
    if WHOLE.issuperset(map(type, args)) and WHOLE.issuperset(map(type, kwargs.values())):
        return given
    return partial(iter, list(_opened(given())))


def _named(
    forward: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterable[tuple[str, Any]]:
    return chain(zip(_names(forward), args), kwargs.items())  # noqa: B905 - fewer args


def _opened(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, value in named:
        if isinstance(value, SEVERAL):
            yield from ((f"{name}.{place}", part) for place, part in enumerate(value))
        elif type(value) in WHOLE or isinstance(value, nn.Module):
            yield name, value
        else:
            yield from ((f"{name}.{part}", inner) for part, inner in getattr(value, "__dict__", {}).items())


@cache
def _names(forward: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(signature(forward).parameters)[1:]
