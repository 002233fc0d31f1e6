"""Which names look most like one that is not there."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from heapq import nlargest

from tracetf.trace import Event

MOST = 2
ALIKE = 0.6


def nearest_paths(glob: str, events: Iterable[Event]) -> str:
    """Name the paths most like a glob that matched none; with layers as `*`, if the glob has a `*` too."""
    paths = {summed_up(event.path) if "*" in glob else event.path for event in events}
    return ", ".join(nlargest(MOST, sorted(paths), key=lambda path: _likeness(glob, path)))


def without_a_rule(events: Iterable[Event], globs: Sequence[str]) -> Iterator[str]:
    """Yield a line for each path, its layers taken together, that no glob matches."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(summed_up(event.path), []).append(event)
    for path, alike in groups.items():
        count = f" ({len(alike)} events)" if len(alike) > 1 else ""
        near = max(globs, key=lambda glob: _likeness(glob, path), default="")
        told = f'; nearest: "{near}"' if _likeness(near, path)[0] > ALIKE else ""
        yield f"no rule for {path}{count}, {' '.join(alike[0].axes) or 'one number'}{told}"


def summed_up(path: str) -> str:
    """Put `*` for each number in a path."""
    return re.sub(r"\b\d+\b", "*", path)


def _likeness(glob: str, path: str) -> tuple[float, float]:
    """Say how alike the steps are that a glob and a path end with, and then how alike they are as a whole."""
    steps = glob.rpartition(".")[2], path.rpartition(".")[2]
    return SequenceMatcher(None, *steps).ratio(), SequenceMatcher(None, glob, path).ratio()
