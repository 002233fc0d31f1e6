"""The bridge between the model and the record: it listens to `tap` and writes a Trace."""

import inspect
import sys
import traceback
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache
from types import FrameType, MappingProxyType
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tracetf.steps import find
from tracetf.taps import current_phase, is_watching, watch
from tracetf.trace import Event, Trace
from tracetf.trace.event import Tokens
from tracetf.trace.labels import label


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """A module running in this thread or task, seen by one recorder.

    Args:
        path: the module's path.
        began: order of the first event in it.
        inputs: its arguments that are values, each with the order of the event that made it.
        numbers: its arguments that are plain numbers.
    """

    recorder: "Recorder"
    path: str
    began: int
    inputs: Mapping[str, int]
    numbers: Mapping[str, float]
    caller: "Call | None"


_running: ContextVar[Call | None] = ContextVar("running", default=None)


@contextmanager
def record(model: nn.Module, only: str = "*", parameters: bool = True) -> Iterator[Trace]:
    """Record what `model` computes in this thread or task while the block runs.

    Args:
        only: keep the events whose path matches this glob, `*.cross_attention.*`.
        parameters: keep the weights as well, without which a trace cannot be verified.
    """
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    recorder = Recorder(model, only, parameters)
    with ExitStack() as stack:
        stack.callback(_running.reset, _running.set(_running.get()))
        for module in model.modules():
            stack.callback(module.register_forward_pre_hook(recorder.enter, with_kwargs=True).remove)
            stack.callback(module.register_forward_hook(recorder.leave, always_call=True).remove)
        stack.enter_context(watch(recorder.take))
        try:
            yield recorder.trace
        except Exception as error:
            recorder.explain(error)
            raise
        finally:
            recorder.closed = True


class Recorder:
    """Write one Trace: know where in the model each tap happens, and which event made each tensor."""

    def __init__(self, model: nn.Module, only: str, parameters: bool) -> None:
        self.paths = {module: path for path, module in model.named_modules()}
        self.trace = Trace(
            parameters=_parameters(model) if parameters else {},
            constants=_constants(model),
            dimensions=_dimensions(model),
            vocabularies=getattr(model, "vocabularies", {}),
        )
        self.only = only
        self.closed = False
        self._count = 0
        self._phase = current_phase()
        self._phase_began = 0
        self._made: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._words: dict[str, Tokens] = {}

    def enter(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """Note that a module begins to run.

        A hook that is being removed in another thread may be called without its keyword arguments.
        """
        if not is_watching(self.take):
            return
        arguments = _flat(dict(zip(_argument_names(type(module).forward), args, strict=False)) | dict(kwargs))
        inputs = {name: self._order(value) for name, value in arguments.items() if isinstance(value, Tensor)}
        _running.set(
            Call(
                self,
                self.paths[module],
                self._count,
                {name: order for name, order in inputs.items() if order is not None},
                {name: value for name, value in arguments.items() if _is_number(value)},
                _running.get(),
            )
        )

    def leave(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """Note that a module is done, or has failed."""
        call = self._call()
        if call is not None and call.path == self.paths[module]:
            _running.set(call.caller)

    def take(self, values: Mapping[str, Tensor]) -> None:
        """Write down tapped values, unless they are computed again for a backward pass."""
        if self.closed or torch._C._current_graph_task_id() != -1:
            return
        call = self._call()
        if call is None and not self._is_ours(sys._getframe(1)):
            return
        for name, value in values.items():
            self._append(call, name, value)

    def explain(self, error: BaseException) -> None:
        """Add to an exception where in the model it was raised."""
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        modules = [frame.f_locals.get("self") for frame in frames]
        inside = [m for m in modules if isinstance(m, nn.Module) and m in self.paths]
        if inside:
            last = list(self.trace)[-1].path if len(self.trace) else "nothing"
            error.add_note(
                f"raised in {self.paths[inside[-1]] or 'the model'}; the last step recorded is {last}"
            )

    def _is_ours(self, frame: FrameType | None) -> bool:
        """Say whether a tap outside any call is of this model: the nearest module on the stack says."""
        while frame is not None:
            caller = frame.f_locals.get("self")
            if isinstance(caller, nn.Module):
                return caller in self.paths
            frame = frame.f_back
        return True

    def _call(self) -> Call | None:
        call = _running.get()
        while call is not None and call.recorder is not self:
            call = call.caller
        return call

    def _append(self, call: Call | None, name: str, value: Tensor) -> None:
        path = f"{call.path}.{name}".lstrip(".") if call else name
        if current_phase() is not self._phase:
            self._phase, self._phase_began = current_phase(), self._count
        array = _numpy(value)
        words = self._words_at(path, array)
        if fnmatchcase(path, self.only):
            axes = _axes(path, value.ndim)
            self.trace.append(
                Event(
                    order=self._count,
                    began=call.began if call else self._phase_began,
                    phase=self._phase.name,
                    path=path,
                    axes=axes,
                    value=array,
                    inputs=call.inputs if call else {},
                    numbers=call.numbers if call else {},
                    labels=label(path, axes, array.shape, words),
                )
            )
        self._made[id(value)] = weakref.ref(value), self._count
        self._count += 1

    def _words_at(self, path: str, array: NDArray[Any]) -> Mapping[str, Tokens]:
        """Return the words that an event's axes run over; the ids of a sentence are themselves such words."""
        side = "target" if path == "expected" else path
        if path not in ("source", "target", "expected") or side not in self.trace.vocabularies:
            return self._words
        spelt = {side: self.trace.spell(side, array)}
        if path != "expected":
            self._words |= spelt
        return spelt

    def _order(self, value: Tensor) -> int | None:
        reference, order = self._made.get(id(value), (None, None))
        return order if reference is not None and reference() is value else None


def _flat(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Open arguments that hold several values (a cache, a pair of states) one level deep."""
    flat: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, Tensor | nn.Module):
            parts = {}
        elif isinstance(value, tuple | list):
            parts = dict(enumerate(value))
        else:
            parts = getattr(value, "__dict__", {})
        flat |= {f"{name}.{part}": inner for part, inner in parts.items()} or {name: value}
    return flat


@cache
def _argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)[1:]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _axes(path: str, ndim: int) -> tuple[str, ...]:
    step = find(path)
    axes = tuple(step.axes.split()) if step else ()
    return axes if len(axes) == ndim else tuple(f"axis_{i}" for i in range(ndim))


def _numpy(value: Tensor) -> NDArray[Any]:
    value = value.detach().to("cpu", copy=True).contiguous()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


def _parameters(model: nn.Module) -> dict[str, NDArray[Any]]:
    arrays = {parameter: _numpy(parameter) for parameter in model.parameters()}
    return {name: arrays[p] for name, p in model.named_parameters(remove_duplicate=False)}


def _dimensions(model: nn.Module) -> dict[str, Any]:
    dimensions: Any = getattr(model, "dimensions", None)
    return asdict(dimensions) if dimensions else {}


def _constants(model: nn.Module) -> dict[str, float]:
    return {
        f"{path}.{name}".lstrip("."): value
        for path, module in model.named_modules()
        for name, value in vars(module).items()
        if _is_number(value) and not name.startswith("_")
    }
