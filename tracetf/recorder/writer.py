"""The writing of a Trace: where each tap happens, which event made each argument, what is kept."""

import traceback
import weakref
from collections.abc import Iterable, Mapping
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tracetf.recorder.calls import Call, arguments, is_listening, running
from tracetf.recorder.keep import Keep
from tracetf.recorder.roots import Roots, as_array, is_number, modules_at_work
from tracetf.steps import find
from tracetf.steps.parameters import axes_of_parameter
from tracetf.steps.table import OWN_AXES
from tracetf.taps import Place, current_phase, current_place
from tracetf.trace import Event, Trace
from tracetf.trace.event import Tokens
from tracetf.trace.labels import label
from tracetf.trace.stream import Stream

IDS = ("source", "target", "expected")
AT_ONCE = 16_000_000  # bytes held before they go to the file


class Raw(NamedTuple):
    """What is noted while the model runs; the rest of an event is made when somebody asks for it."""

    order: int
    began: int
    phase: str
    path: str
    pattern: str
    kept: bool
    call: Call | None
    value: Tensor


class Recorder:
    """Hear calls and taps, and write one Trace."""

    def __init__(
        self,
        trace: Trace,
        model: nn.Module | None,
        keep: Keep,
        parameters: bool,
        modules: bool,
        stream: Stream | None,
    ) -> None:
        # No circle of references: a trace holds its recorder, so that its memory is free when it is dropped.
        self.trace: Trace = weakref.proxy(trace)
        self.recording = object()
        trace.settle = self.settle
        self.keep = keep
        self.stream = stream
        self.modules = modules
        self.closed = False
        self._roots = Roots(model, self.trace, parameters)
        self._lock = Lock()
        self._count = 0
        self._bytes = 0
        self._held = 0
        self._phase = current_phase()
        self._phase_began = 0
        self._made: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._raw: list[Raw] = []
        self._gradients: dict[int, Tensor] = {}
        self._tapped: dict[str, int] = {}
        self._words: dict[str, Tokens] = {}

    def meet(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        """Follow the model of a module that is called, if none was given."""
        if is_listening(self):
            self._roots.path(module)

    def enter(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], caller: Call | None
    ) -> Call | None:
        """Note that a module begins to run, and what made its arguments."""
        path = self._roots.path(module)
        if path is None:
            return caller
        return self._called(path, arguments(module, args, kwargs), caller, current_place())

    def _called(
        self, path: str, given: Iterable[tuple[str, Any]], caller: Call | None, place: Place | None
    ) -> Call:
        inputs: dict[str, int] = {}
        numbers: dict[str, float] = {}
        for name, value in given:
            if isinstance(value, Tensor):
                made = self._made.get(id(value))
                if made is not None and made[0]() is value:
                    inputs[name] = made[1]
            elif is_number(value):
                numbers[name] = value
        return Call(self.recording, path, self._count, inputs, numbers, caller, place)

    def leave(self, module: nn.Module, result: Any) -> None:
        """Take the output of a module that tapped nothing, if modules are to be recorded."""
        call = self._call()
        if self.modules and call is not None and self._tapped.get(call.path, -1) < call.began:
            self.take("", outputs(result))

    def take(self, pattern: str, values: Mapping[str, Tensor]) -> None:
        """Note tapped values, unless they are computed again for a backward pass."""
        if self.closed or torch._C._current_graph_task_id() != -1:
            return
        call = self._call()
        module = call.path if call is not None else self._roots.path_here()
        if module is None:
            return
        with self._lock:
            phase = current_phase()
            if phase is not self._phase:
                self._phase, self._phase_began = phase, self._count
            for name, value in values.items():
                if isinstance(value, Tensor):  # anything else is a mistake, and the model's to complain of
                    self._note(call, f"{module}.{name}" if module else name, pattern, value)
            self._tapped[module] = self._count - 1
        if self.stream is not None and self._held > AT_ONCE:
            self.trace.made(0)  # any question makes it settle, and what is settled goes to the file

    def close(self) -> None:
        """Write no more, and let go of the model."""
        self.closed = True
        self._roots.close()

    def _call(self) -> Call | None:
        call = running.get()
        while call is not None and call.recording is not self.recording:
            call = call.caller
        place = current_place()
        if place is None or (call is not None and call.place is place):
            return call
        if self.recording not in place.calls:
            place.calls[self.recording] = self._called(place.path, place.given.items(), call, place)
        return place.calls[self.recording]

    def _note(self, call: Call | None, path: str, pattern: str, value: Tensor) -> None:
        order = self._count
        self._count += 1
        self._made[id(value)] = weakref.ref(value), order
        kept = self.keep.everything or self.keep.wants(path)
        if not kept and path not in IDS:
            return
        if self.keep.budget is not None and not self._affordable(path, value):
            return
        batched = self.keep.first_in_batch and axes_of(path, pattern)[:1] in ((), ("batch",))
        copy = self.keep.copy(value, batched)
        began = self._phase_began if call is None else call.began
        self._raw.append(Raw(order, began, self._phase.name, path, pattern, kept, call, copy))
        if self.stream is not None:
            self._held += copy.nbytes
        if value.requires_grad:
            hook = partial(self._take_gradient, order, batched)
            value.register_hook(hook)  # type: ignore[no-untyped-call]  # torch's own omission

    def _affordable(self, path: str, value: Tensor) -> bool:
        assert self.keep.budget is not None
        self._bytes += value.nbytes
        if self._bytes > self.keep.budget and not self.trace.notice:
            self.trace.notice = (
                f"recording stopped at {path}, where values would take more than {self.keep.budget:,} bytes; "
                "narrow it with only=, layers=, first_in_batch= or statistics=, or raise budget="
            )
        return self._bytes <= self.keep.budget

    def _take_gradient(self, order: int, batched: bool, gradient: Tensor) -> None:
        if not self.closed:
            self._gradients[order] = self.keep.copy(gradient, batched)

    def settle(self) -> tuple[Iterable[Event], Mapping[int, Any]]:
        """Make events of what was noted since the last time, and hand out the gradients that came."""
        with self._lock:
            raw, self._raw, self._held = self._raw, [], 0
            gradients, self._gradients = self._gradients, {}
        events = [event for one in raw if (event := self._event(one)) and one.kept]
        return (
            events if self.stream is None else [self.stream.append(event) for event in events],
            {order: as_array(gradient) for order, gradient in gradients.items()},
        )

    def _event(self, raw: Raw) -> Event:
        value, path, call = as_array(raw.value), raw.path, raw.call
        axes = axes_of(path, raw.pattern) or tuple(f"axis_{i}" for i in range(value.ndim))
        if self.keep.statistics and raw.value.dtype == torch.float64:
            axes = ("statistic",)
        if len(axes) != value.ndim:
            raise ValueError(
                f"{path} has {value.ndim} axes, and {' '.join(axes)!r} names {len(axes)}; "
                "name every axis once, from the first to the last"
            )
        numbers = call.numbers if call else {}
        return Event(
            order=raw.order,
            began=raw.began,
            phase=raw.phase,
            path=path,
            axes=axes,
            value=value,
            inputs=call.inputs if call else {},
            numbers=numbers,
            labels=label(path, axes, value.shape, self._words_at(path, value), numbers.get("time")),
        )

    def _words_at(self, path: str, value: NDArray[Any]) -> Mapping[str, Tokens]:
        """Return the words that an event's axes run over; the ids of a sentence are themselves such words."""
        side = "target" if path == "expected" else path
        if path not in IDS or side not in self.trace.vocabularies:
            return self._words
        spelt = {side: self.trace.spell(side, value)}
        if path != "expected":
            self._words |= spelt
        return spelt

    def explain(self, error: BaseException) -> None:
        """Add to an exception where in the model it was raised."""
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        inside = [module for module in modules_at_work(frames[-1]) if module in self._roots.paths]
        if inside:
            last = list(self.trace)[-1].path if len(self.trace) else "nothing"
            place = self._roots.paths[inside[0]] or "the model"
            error.add_note(f"raised in {place}; the last step recorded is {last}")


def axes_of(path: str, pattern: str) -> tuple[str, ...]:
    """Return the names of an event's axes: those the tap gave, else those of its step, else none."""
    step = find(path)
    axes = pattern or (step.axes if step else "")
    if axes == OWN_AXES:
        axes = axes_of_parameter(path.rsplit(".", 2)[0])
    return tuple(axes.split())


def outputs(result: Any) -> dict[str, Tensor]:
    """Return what a module returned under names: `output`, or `output_0` or `output_name` of several."""
    if isinstance(result, Tensor):
        return {"output": result}
    parts = (
        result.items()
        if isinstance(result, Mapping)
        else enumerate(result if isinstance(result, tuple | list) else ())
    )
    return {f"output_{name}": part for name, part in parts if isinstance(part, Tensor)}
