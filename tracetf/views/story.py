"""The order in which a run is told: phases, places in the model, steps; what in numbers, what in one line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby

import numpy as np

from tracetf.trace import Event, Trace

OPEN_MASK = "decoder.open_mask"  # in runs of a decoder without its causal mask
MASKED = "masked_self_attention"
# What drawing and beam search come to, word by word.
WRITTEN = ("sampling.candidates", "sampling.uniform", "beam.parents", "beam.words", "beam.totals")


@dataclass(frozen=True)
class Wish:
    """Say what the reader wants to see.

    Args:
        layer: the layer told in numbers; the others are summed up.
        head: the only head to show; as many as fit when left out.
        only: glob of paths.
        phase: glob of phases.
        full: every step of every layer, every head, every column.
    """

    layer: int = 0
    head: int | None = None
    only: str = "*"
    phase: str = "*"
    full: bool = False

    @property
    def everything(self) -> bool:
        """Whether all that matches is told in numbers, without a choice of ours."""
        return self.full or self.only != "*" or self.phase != "*"

    def matches(self, event: Event) -> bool:
        return fnmatchcase(event.path, self.only) and fnmatchcase(event.phase, self.phase)


@dataclass(frozen=True)
class Chapter:
    """Begin a phase."""

    phase: str


@dataclass(frozen=True)
class Lesson:
    """Tell what a phase of a training step is about.

    Args:
        end: order of its last event.
    """

    phase: str
    end: int


@dataclass(frozen=True)
class Scene:
    """Enter a place in the model."""

    place: str
    module: str


@dataclass(frozen=True)
class Shown:
    """Show a step in numbers."""

    event: Event


@dataclass(frozen=True)
class Summary:
    """Sum up in one line the steps of a module."""

    events: list[Event]


@dataclass(frozen=True)
class Silence:
    """Say that steps of a phase were left out here."""

    phase: str
    steps: int


Item = Chapter | Lesson | Scene | Shown | Summary | Silence


def tell(trace: Trace, wish: Wish) -> Iterator[Item]:
    """Yield a run item by item, in the order it was computed.

    What a place in the model computes is told in numbers where it first comes up, in the layer wished for,
    and later in one line. From the second written word on, only what the word changes is told. Of a training
    step, the lesson of each phase is told, and its numbers as far as they are asked for.
    """
    told: set[tuple[str, str]] = set()
    learning = "loss.loss" in trace and wish.only == "*"
    for phase, group in groupby(filter(wish.matches, trace), key=lambda event: event.phase):
        events = list(group)
        yield Chapter(phase)
        if learning:
            yield Lesson(phase, events[-1].order)
        if learning and wish.phase == "*" and not wish.full:
            yield Silence(phase, len(events))
        else:
            yield from _scenes(phase, events, wish, told, OPEN_MASK in trace)


def _scenes(
    phase: str, events: list[Event], wish: Wish, told: set[tuple[str, str]], unmasked: bool
) -> Iterator[Item]:
    later = phase.startswith("decode") and phase != "decode 1"
    silent = 0
    for module, group in groupby(events, key=scene_of):
        inside, place = list(group), place_of(module, unmasked)
        shown = [event for event in inside if _in_numbers(event, place, wish, told)]
        told.update((place, event.name) for event in shown)
        if shown:
            yield from [Scene(place, inside[0].module)] if place else []
            yield from map(Shown, shown)
        elif not later or any(event.name == "weights" for event in inside):
            yield Summary(inside)
        silent += len(inside) - len(shown) if shown or later else 0
    if silent:
        yield Silence(phase, silent)


def _in_numbers(event: Event, place: str, wish: Wish, told: set[tuple[str, str]]) -> bool:
    if wish.everything:
        return wish.full or wish.only != "*" or not of_a_weight(event)
    if layer_of(event.path) not in (None, wish.layer):
        return False
    return (place, event.name) not in told or _changes_with_each_word(event)


def _changes_with_each_word(event: Event) -> bool:
    if event.name == "masked":
        return bool(np.isneginf(event.value).any())
    return event.name in ("weights", "probabilities") or event.path in WRITTEN


def scene_of(event: Event) -> str:
    """Return the module under whose heading an event is told: add and norm are one scene, as in figure 1."""
    module = event.module.removesuffix(".dropout")
    return module.removesuffix("_norm").removesuffix("_residual") + (
        ".add_norm" if module.endswith(("_norm", "_residual")) else ""
    )


def layer_of(path: str) -> int | None:
    """Return the number of the layer that a path is in, if it is in one."""
    found = re.search(r"\.layers\.(\d+)", path)
    return int(found[1]) if found else None


def of_a_weight(event: Event) -> bool:
    """Say whether an event is about a parameter (its gradient, its moments) and not about a value."""
    return event.module.endswith((".gradient", ".adam"))


def place_of(module: str, unmasked: bool) -> str:
    """Return the key of the words for a place: `masked_self_attention` for the decoder's, `add_norm`, …

    Args:
        unmasked: whether the decoder has no causal mask.
    """
    last = module.rpartition(".")[2]
    if last != "self_attention" or not module.startswith("decoder"):
        return last
    return f"un{MASKED}" if unmasked else MASKED
