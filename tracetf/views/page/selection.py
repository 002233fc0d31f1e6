"""What of a trace goes into a page: what was asked for, and as much of it as its budget allows."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from tracetf.trace import Event, Trace
from tracetf.views.page.links import Link, links
from tracetf.views.story import Wish, layer_of

BUDGET = 2_000_000
TOLERANCE = 2e-5
INFLATION = 4 / 3  # what base64 makes of bytes
OUTCOMES = ("attention.weights", "transformer.probabilities", "transformer.source", "transformer.target")
UPDATED = ("gradient", "adam")
WATCHED = "decoder.layers.0.cross_attention.W_Q"


@dataclass(frozen=True)
class Note:
    """Say why something is not in the page: a key of the words, and what fills its blanks."""

    key: str
    blanks: dict[str, str]


@dataclass(frozen=True)
class Selection:
    """Hold what goes into a page.

    Args:
        events: the events, in order.
        links: what each of them read, by its order.
        parameters: the parameters that go with them.
        half: whether numbers are rounded to float16.
        first_sentence: whether only the first sentence of the batch is kept.
        notes: why something was left out.
    """

    events: Sequence[Event]
    links: dict[int, list[Link]]
    parameters: dict[str, tuple[int, ...]]
    half: bool = False
    first_sentence: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def size(self) -> float:
        """About how many bytes of a page the numbers take."""
        kept = ((prod(self.kept_shape(event)), event.gradient is not None) for event in self.events)
        numbers = sum(size * (2 if learned else 1) for size, learned in kept)
        numbers += sum(map(prod, self.parameters.values()))
        return numbers * (2 if self.half else 4) * INFLATION

    def kept_shape(self, event: Event) -> tuple[int, ...]:
        """How large an event is in the page."""
        alone = self.first_sentence and event.axes[:1] == ("batch",)
        return (min(1, event.shape[0]), *event.shape[1:]) if alone else event.shape

    def noting(self, key: str, **blanks: str) -> "Selection":
        """Return the same selection with one more reason."""
        return replace(self, notes=(*self.notes, Note(key, blanks)))


def select(trace: Trace, wish: Wish, budget: int) -> Selection:
    """Return what goes into a page of at most about `budget` bytes, with a reason for all that does not.

    Raises:
        ValueError: not even what attention looked at fits.
    """
    chosen = _wished(trace, wish)
    for narrower in (_one_update, _without_weights, _rounded, _one_sentence, _one_layer, _outcomes):
        if chosen.size <= budget:
            return chosen
        chosen = narrower(chosen)
    if chosen.size > budget:
        raise ValueError(
            f"a page of {budget:,} bytes cannot hold even the attention weights of this run, "
            f"about {chosen.size:,.0f}; narrow it with --only or --phase"
        )
    return chosen


def _wished(trace: Trace, wish: Wish) -> Selection:
    events = [event for event in trace if wish.matches(event)]
    read = {event.order: list(links(trace, event)) for event in events}
    if wish.everything and not wish.full:
        orders = {link.event for event in events for link in read[event.order] if link.event is not None}
        events = [event for event in trace if event.order in orders | read.keys()]
        read |= {event.order: list(links(trace, event)) for event in events if event.order not in read}
    names = {link.parameter for found in read.values() for link in found if link.parameter}
    shapes = {name: trace.parameters[name].shape for name in sorted(names)}
    chosen = Selection(events, read, shapes)
    return chosen if wish.everything else _without_weights(_without_repeats(chosen))


def _without_repeats(chosen: Selection) -> Selection:
    """Leave out the phases whose numbers are all the first rows of the last phase's."""
    phases = list(dict.fromkeys(event.phase for event in chosen.events))
    last: dict[str, list[Event]] = defaultdict(list)
    for event in chosen.events:
        if event.phase == phases[-1]:
            last[event.path].append(event)
    repeated = [phase for phase in phases[:-1] if _is_repeated(chosen.events, phase, last)]
    if not repeated:
        return chosen
    named = repeated[0] if len(repeated) == 1 else f"{repeated[0]} … {repeated[-1]}"
    kept = [event for event in chosen.events if event.phase not in repeated]
    return replace(chosen, events=kept).noting("note_repeated", phases=named, last=phases[-1])


def _is_repeated(events: Sequence[Event], phase: str, last: dict[str, list[Event]]) -> bool:
    calls: dict[str, int] = defaultdict(int)
    for event in events:
        if event.phase != phase or event.name == "choice":
            continue
        later = last[event.path][calls[event.path] :][:1]
        calls[event.path] += 1
        if not later or not _begins(later[0], event):
            return False
    return True


def _begins(longer: Event, event: Event) -> bool:
    """Say whether an event's numbers stand at the beginning of a longer one's."""
    if longer.axes != event.axes or any(a < b for a, b in zip(longer.shape, event.shape, strict=True)):
        return False
    first = longer.value[tuple(slice(size) for size in event.shape)]
    return np.allclose(first, event.value, rtol=TOLERANCE, atol=TOLERANCE)


def _one_update(chosen: Selection) -> Selection:
    """Of gradients and of Adam's numbers, keep those of one parameter, and those of all together."""
    learned = [e for e in chosen.events if e.step is not None and e.step.room in UPDATED and "." in e.module]
    names = list(dict.fromkeys(event.module.rpartition(".")[0] for event in learned))
    if len(names) < 2:
        return chosen
    watched = WATCHED if WATCHED in names else names[0]
    dropped = {event.order for event in learned if not event.path.startswith(f"{watched}.")}
    kept = [event for event in chosen.events if event.order not in dropped]
    return replace(chosen, events=kept).noting("note_update", parameter=watched)


def _without_weights(chosen: Selection) -> Selection:
    vectors = {name: shape for name, shape in chosen.parameters.items() if len(shape) < 2}
    if len(vectors) == len(chosen.parameters):
        return chosen
    return replace(chosen, parameters=vectors).noting("note_weights")


def _rounded(chosen: Selection) -> Selection:
    return replace(chosen, half=True).noting("note_half")


def _one_sentence(chosen: Selection) -> Selection:
    sentences = max((event.shape[0] for event in chosen.events if event.axes[:1] == ("batch",)), default=1)
    if sentences == 1:
        return chosen
    return replace(chosen, first_sentence=True).noting("note_sentence", sentences=str(sentences))


def _one_layer(chosen: Selection) -> Selection:
    return _keeping(chosen, lambda event: layer_of(event.path) in (None, 0), "note_layer")


def _outcomes(chosen: Selection) -> Selection:
    return _keeping(chosen, lambda e: e.step is not None and e.step.key in OUTCOMES, "note_outcomes")


def _keeping(chosen: Selection, wanted: Callable[[Event], bool], note: str) -> Selection:
    kept = [event for event in chosen.events if wanted(event)]
    if len(kept) == len(chosen.events):
        return chosen
    return replace(chosen, events=kept).noting(note)
