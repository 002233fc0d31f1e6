"""The words of a shape, `batch head=4 query d_k`, held against an event."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from tracetf.trace import Event

WORD = re.compile(r"(?P<name>[^\W\d]\w*)(?:=(?P<size>\d+))?|(?P<number>\d+)|\.\.\.")


@dataclass(frozen=True)
class Axis:
    """Hold one word of a pattern.

    Args:
        word: as it is written: `query`, `head=4`, `1`, `_` or `...`.
        name: what it is called; empty for an axis that shares its size with no other.
        size: how large it must be, if the word says so.
    """

    word: str
    name: str = ""
    size: int | None = None


@dataclass(frozen=True)
class Column:
    """Hold what is wanted of an axis beside what was recorded of it; one of both may be missing."""

    wanted: Axis | None
    name: str = ""
    size: int | None = None

    @property
    def got(self) -> str:
        """The recorded axis, `head=3`."""
        return "" if self.size is None else f"{self.name}={self.size}"


def parse(pattern: str) -> tuple[Axis, ...]:
    """Read a pattern.

    Raises:
        ValueError: no text, a word that is no axis, two `...`.
    """
    if not isinstance(pattern, str):
        raise ValueError(f"{pattern!r} is no pattern; write the axes in one string, 'batch head=4 query d_k'")
    words = pattern.split()
    if words.count("...") > 1:
        raise ValueError(f"{pattern!r} has more than one ...; write _ for each axis that may be anything")
    return tuple(_axis(word, pattern) for word in words)


def _axis(word: str, pattern: str) -> Axis:
    found = WORD.fullmatch(word)
    if found is None:
        raise ValueError(
            f"{word!r} in {pattern!r} is no axis; write name, name=4, 4, _ (any) or ... (any number)"
        )
    size = found["size"] or found["number"]
    name = "" if found["name"] in (None, "_") else found["name"]
    return Axis(word, name, None if size is None else int(size))


def columns(axes: Sequence[Axis], event: Event) -> list[Column]:
    """Put the words of a pattern above the axes of an event: by place, or if their numbers differ by name."""
    axes = _spread(axes, len(event.axes))
    got = list(zip(event.axes, event.shape, strict=True))
    if len(axes) == len(got):
        return [Column(axis, *one) for axis, one in zip(axes, got, strict=True)]
    rows: list[Column] = []
    names = SequenceMatcher(None, [axis.name for axis in axes], event.axes)
    for _, start, end, start_got, end_got in names.get_opcodes():
        pairs = zip_longest(axes[start:end], got[start_got:end_got])
        rows += (Column(axis, *(one or ())) for axis, one in pairs)
    return rows


def _spread(axes: Sequence[Axis], count: int) -> Sequence[Axis]:
    """Let `...` stand for as many axes as it takes."""
    place = next((place for place, axis in enumerate(axes) if axis.word == "..."), None)
    if place is None:
        return axes
    many = max(0, count - len(axes) + 1)
    return [*axes[:place], *(axes[place],) * many, *axes[place + 1 :]]
