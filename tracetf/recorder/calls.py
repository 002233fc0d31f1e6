"""Module calls, heard by whoever records: which module is running, and what it was called with."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from inspect import signature
from itertools import chain
from threading import Lock
from typing import Any, Protocol

from torch import Tensor, nn

from tracetf.taps import Place

WHOLE = frozenset((Tensor, nn.Parameter, int, float, bool, str, type(None)))
SEVERAL = (tuple, list)


class Call:
    """A module running in this thread or task, as one recorder sees it.

    Args:
        recording: which recording, told apart by identity.
        path: the module's path.
        began: how many taps there were before it.
        forward: what was called, which knows the names of its arguments.
        args: the arguments without a name.
        kwargs: those with one.
        caller: the call it happens in.
        place: the place it happens in, or that it stands for itself.

    Attributes:
        read: its arguments that are values, each with the order of the event that made it; and those that
            are plain numbers. Nothing until somebody asks.
    """

    __slots__ = ("args", "began", "caller", "forward", "kwargs", "path", "place", "read", "recording")

    def __init__(
        self,
        recording: object,
        path: str,
        began: int,
        forward: Callable[..., Any] | None,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        caller: "Call | None",
        place: Place | None,
    ) -> None:
        self.recording = recording
        self.path = path
        self.began = began
        self.forward = forward
        self.args = args
        self.kwargs = kwargs
        self.caller = caller
        self.place = place
        self.read: tuple[dict[str, int], dict[str, float]] | None = None

    def given(self) -> Iterable[tuple[str, Any]]:
        """Return its arguments by name."""
        return named(self.forward, self.args, self.kwargs)


class Listener(Protocol):
    """Hear of every module call of a thread or task.

    Attributes:
        hears_results: whether it is to be told what modules return.
    """

    hears_results: bool

    def enter(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], caller: "Call | None"
    ) -> "Call | None":
        """Hear that a module begins to run; return that call, or its caller if not followed."""

    def leave(self, result: Any) -> None:
        """Hear that a module is done, and what it returned."""


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
                if listener.hears_results:
                    listener.leave(result)
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


def are_whole(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Say whether no argument holds several values, as a cache does, which change while a module runs."""
    return WHOLE.issuperset(map(type, (*args, *kwargs.values())))


def named(
    forward: Callable[..., Any] | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterable[tuple[str, Any]]:
    """Return the arguments of a call by name."""
    names = _names(forward) if forward else ()
    return chain(zip(names, args), kwargs.items())  # noqa: B905 - fewer args


def opened(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield arguments by name, those that hold several values one by one."""
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
