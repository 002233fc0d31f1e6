"""A run, event by event, as data."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from tracetf.trace.event import Event, Tokens

Settle = Callable[[], tuple[Iterable[Event], Mapping[int, NDArray[Any]]]]


@dataclass(eq=False)
class Trace:
    """Hold what a run computed, in the order it was computed.

    `trace[path]` is one event, `trace[path, phase]` the one of that phase, `trace.select(glob)` many. Two
    traces are equal when `compare` finds no difference.

    Args:
        parameters: the weights of the model when recording began, by their names in `state_dict`.
        constants: its plain numbers (`encoder.layers.0.self_attention.d_k`), by module path and name.
        dimensions: how large it is.
        vocabularies: the words behind the ids, for `source` and `target`.
        notice: why recording stopped early, if it did.
        first_in_batch: whether of batches of several sentences the first alone was recorded.
        settle: hands over the events that came, and the gradients of earlier ones, since it was last asked.
        hold: gives an event its gradient.
    """

    parameters: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)
    dimensions: Mapping[str, int | float | str] = field(default_factory=dict)
    vocabularies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notice: str = ""
    first_in_batch: bool = False
    settle: Settle = lambda: ((), {})
    hold: Callable[[Event, NDArray[Any]], Event] = lambda event, gradient: event.holding(gradient=gradient)
    _known: dict[int, Event] = field(default_factory=dict)
    _orders: dict[str, list[int]] = field(default_factory=dict)

    # How a notebook shows it; `tracetf.views.notebook` lends it.
    _repr_html_: ClassVar[Callable[["Trace"], str]]

    def append(self, event: Event) -> None:
        """Put an event at the end."""
        self._known[event.order] = event
        self._orders.setdefault(event.path, []).append(event.order)

    @property
    def _events(self) -> dict[int, Event]:
        events, gradients = self.settle()
        for event in events:
            self.append(event)
        for order, gradient in gradients.items():
            if order in self._known:
                self._known[order] = self.hold(self._known[order], gradient)
        return self._known

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(list(self._events.values()))

    def __contains__(self, path: str) -> bool:
        return bool(self.at(path))

    def __eq__(self, other: object) -> bool:
        from tracetf.trace.compare import compare

        return bool(compare(self, other)) if isinstance(other, Trace) else NotImplemented

    def __getitem__(self, key: str | tuple[str, str]) -> Event:
        path, phase = (key, None) if isinstance(key, str) else key
        found = [event for event in self.at(path) if phase in (None, event.phase)]
        if not found:
            raise KeyError(self._unknown(path, phase))
        phases = list(dict.fromkeys(event.phase for event in found))
        if len(phases) > 1:
            warnings.warn(
                f"{path} was recorded in {len(phases)} phases, {phases[0]} … {phases[-1]}; this is the last; "
                f"trace[path, {phases[0]!r}] gives another",
                stacklevel=2,
            )
        return found[-1]

    def _unknown(self, path: str, phase: str | None) -> str:
        if phase is not None and path in self:
            phases = dict.fromkeys(event.phase for event in self.at(path))
            return f"{path} was not recorded in phase {phase!r}, only in {', '.join(phases)}"
        from difflib import get_close_matches

        near = get_close_matches(path, self._orders, n=3, cutoff=0.5)
        return f"no event {path!r} among the {len(self)} recorded" + (
            f"; nearest: {', '.join(near)}" if near else ""
        )

    def at(self, path: str) -> list[Event]:
        """List the events recorded under a path, in order."""
        events = self._events
        return [events[order] for order in self._orders.get(path, [])]

    def made(self, order: int) -> Event | None:
        """Return the event with this order, or nothing if it was not recorded."""
        return self._events.get(order)

    def select(self, glob: str = "*", phase: str = "*") -> list[Event]:
        """List the events whose path and phase match, `*.cross_attention.weights` in `decode *`."""
        return [e for e in self if fnmatchcase(e.path, glob) and fnmatchcase(e.phase, phase)]

    @property
    def phases(self) -> list[str]:
        """The stretches of the run, in order."""
        return list(dict.fromkeys(event.phase for event in self))

    def words(self, side: str, event: Event) -> Tokens | None:
        """Return the `source` or `target` words that the run had before it when it computed `event`."""
        ids = [e for e in self.at(side) if e.order <= event.order]
        return self.spell(side, ids[-1].value) if ids and side in self.vocabularies else None

    def spell(self, side: str, ids: NDArray[Any]) -> Tokens:
        """Return the words of a batch of `source` or `target` ids."""
        vocabulary = self.vocabularies[side]
        return tuple(tuple(vocabulary[i] for i in sentence) for sentence in ids.tolist())

    def save(self, path: str | Path) -> None:
        """Write it to one file, whole or not at all.

        Raises:
            OSError: the file cannot be written; what was there before is left as it is.
        """
        from tracetf.trace.file import save

        save(self, path)

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} events in {', '.join(self.phases) or 'no phase yet'}>"
