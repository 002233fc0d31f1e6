"""The writing of a Trace: where each tap happens, which event made each argument, what is kept."""

import traceback
import weakref
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tracetf.recorder.calls import Call, are_whole, is_listening, named, opened, running
from tracetf.recorder.gradients import Gradients
from tracetf.recorder.keep import Keep, own
from tracetf.recorder.notes import NOTHING, Kept, Notes, joined
from tracetf.recorder.roots import Roots, as_array, modules_at_work
from tracetf.steps import find
from tracetf.steps.parameters import axes_of_parameter
from tracetf.steps.table import OWN_AXES
from tracetf.taps import current_phase, current_place
from tracetf.trace import Event, Trace
from tracetf.trace.event import Tokens
from tracetf.trace.labels import label
from tracetf.trace.stream import Stream

IDS = ("source", "target", "expected")
TENSORS = frozenset((Tensor, nn.Parameter))


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
        self.hears_results = modules
        self.closed = False
        self._roots = Roots(model, self.trace, parameters)
        self._lock = Lock()
        self._bytes = 0
        self._notes = Notes(current_phase())
        self._gradients = Gradients(keep)
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
        forward = type(module).forward
        if not are_whole(args, kwargs):
            args, kwargs = (), dict(opened(named(forward, args, kwargs)))
        return Call(self.recording, path, self._notes.taps, forward, args, kwargs, caller, current_place())

    def leave(self, result: Any) -> None:
        """Take the output of a module that tapped nothing."""
        call = self._call()
        if call is not None and self._tapped.get(call.path, -1) < call.began:
            self.take("", outputs(result))

    def take(self, pattern: str, values: Mapping[str, Tensor]) -> None:
        """Note tapped values, unless they are computed again for a backward pass."""
        if self.closed or torch._C._current_graph_task_id() != -1:
            return
        call = self._call()
        module = call.path if call is not None else self._roots.path_here()
        if module is None:
            return
        if not TENSORS.issuperset(map(type, values.values())):  # a mistake, and the model's to complain of
            values = {name: value for name, value in values.items() if isinstance(value, Tensor)}
        copies = self._copies(module, pattern, values)
        with self._lock:
            if self.hears_results:
                self._tapped[module] = self._notes.taps
            if torch.is_grad_enabled():
                self._await_gradients(module, pattern, values, copies)
            self._notes.add(current_phase(), module, pattern, call, values, copies)
            full = self._notes.are_many
            if full:
                self._notes.let_go()
        if full and self.stream is not None:
            self.trace.made(0)  # any question makes it settle, and what is settled goes to the file

    def close(self) -> None:
        """Write no more, and let go of the model."""
        self.closed = self._gradients.closed = True
        self._roots.close()

    def _call(self) -> Call | None:
        call = running.get()
        while call is not None and call.recording is not self.recording:
            call = call.caller
        place = current_place()
        if place is None or (call is not None and call.place is place):
            return call
        if self.recording not in place.calls:
            place.calls[self.recording] = Call(
                self.recording, place.path, self._notes.taps, None, (), place.given, call, place
            )
        return place.calls[self.recording]

    def _copies(self, module: str, pattern: str, values: Mapping[str, Tensor]) -> list[Tensor]:
        if self.keep.plain:
            return [own(value) for value in values.values()]
        return [self._narrowed(joined(module, name), pattern, value) for name, value in values.items()]

    def _await_gradients(
        self, module: str, pattern: str, values: Mapping[str, Tensor], copies: Sequence[Tensor]
    ) -> None:
        for place, (name, value) in enumerate(values.items()):
            if value.requires_grad and copies[place] is not NOTHING:
                batched = self.keep.first_in_batch and is_batched(joined(module, name), pattern)
                self._gradients.await_one(value, (self._notes.taps, place), batched)

    def _narrowed(self, path: str, pattern: str, value: Tensor) -> Tensor:
        if not (self.keep.wants(path) or path in IDS):
            return NOTHING
        if self.keep.budget is not None and not self._affordable(path, value):
            return NOTHING
        batched = self.keep.first_in_batch and is_batched(path, pattern)
        self.trace.first_in_batch |= batched and value.ndim > 0 and len(value) > 1
        return self.keep.copy(value, batched)

    def _affordable(self, path: str, value: Tensor) -> bool:
        assert self.keep.budget is not None
        self._bytes += value.nbytes
        if self._bytes > self.keep.budget and not self.trace.notice:
            self.trace.notice = (
                f"recording stopped at {path}, where values would take more than {self.keep.budget:,} bytes; "
                "narrow it with only=, layers=, first_in_batch= or statistics=, or raise budget="
            )
        return self._bytes <= self.keep.budget

    def settle(self) -> tuple[Iterable[Event], Mapping[int, Any]]:
        """Make events of what was noted since the last time, and hand out the gradients that came."""
        with self._lock:
            kept = self._notes.hand_over()
            gradients = self._gradients.hand_over()
        events = [self._event(one) for one in kept]
        events = [event for event in events if self.keep.wants(event.path)]
        return (
            events if self.stream is None else [self.stream.append(event) for event in events],
            {self._notes.order(place): as_array(gradient) for place, gradient in gradients.items()},
        )

    def _event(self, kept: Kept) -> Event:
        value, path = as_array(kept.value), kept.path
        axes = axes_of(path, kept.pattern) or tuple(f"axis_{i}" for i in range(value.ndim))
        if self.keep.statistics and kept.value.dtype == torch.float64:
            axes = ("statistic",)
        if len(axes) != value.ndim:
            raise ValueError(
                f"{path} has {value.ndim} axes, and {' '.join(axes)!r} names {len(axes)}; "
                "name every axis once, from the first to the last"
            )
        return Event(
            order=kept.order,
            began=kept.began,
            phase=kept.phase,
            path=path,
            axes=axes,
            value=value,
            inputs=kept.inputs,
            numbers=kept.numbers,
            labels=label(path, axes, value.shape, self._words_at(path, value), kept.numbers.get("time")),
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


def is_batched(path: str, pattern: str) -> bool:
    """Say whether an event's first axis runs over the sentences of a batch, as far as that is known."""
    return axes_of(path, pattern)[:1] in ((), ("batch",))


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
