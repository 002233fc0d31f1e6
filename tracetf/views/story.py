"""The order in which a run is told: phases, places in the model, steps; what in numbers, what in one line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby

from tracetf.trace import Event, Trace

# What changes from written word to written word; the rest is told in full once.
TOLD_AGAIN = ("masked", "weights", "probabilities")


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


Item = Chapter | Scene | Shown | Summary | Silence


def tell(trace: Trace, wish: Wish) -> Iterator[Item]:
    """Yield a run item by item, in the order it was computed."""
    matching = [event for event in trace if wish.matches(event)]
    for phase, events in groupby(matching, key=lambda event: event.phase):
        yield Chapter(phase)
        yield from _phase(list(events), wish, again=phase.startswith("decode") and phase != "decode 1")


def _phase(events: list[Event], wish: Wish, again: bool) -> Iterator[Item]:
    silent, scene = 0, None
    for module, group in groupby(events, key=scene_of):
        inside = list(group)
        told = [event for event in inside if wish.everything or not again or event.name in TOLD_AGAIN]
        silent += len(inside) - len(told)
        if not told:
            continue
        if wish.everything or layer_of(module) in (None, wish.layer):
            if module != scene and place_of(module):
                yield Scene(place_of(module), module)
            yield from map(Shown, told)
        else:
            yield Summary(told)
        scene = module
    if silent:
        yield Silence(events[0].phase, silent)


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


def place_of(module: str) -> str:
    """Return the key of the words for a place: `masked_self_attention` for the decoder's, `add_norm`, …"""
    last = module.rpartition(".")[2]
    return "masked_self_attention" if last == "self_attention" and module.startswith("decoder") else last
