"""How far apart the first and the last word of a sentence are, counted on what the events of a run read."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracetf.experiments.one_layer import attention, recurrence
from tracetf.recurrent import RNNCell
from tracetf.trace import Event, Trace
from tracetf.trace.reading import reads

LENGTHS = (4, 8, 16, 32)
SIZE, HEADS = 16, 2


@dataclass(frozen=True)
class Path:
    """Hold how far it is through the events of a run to what the last word becomes.

    Args:
        distance: events on the shortest way from the first word, the paper's path length.
        steps: events on the longest way; each has to wait for the one before, however much is done at once.
    """

    distance: int
    steps: int


@dataclass(frozen=True)
class Paths:
    """Hold the paths through each layer.

    Args:
        lengths: words in a sentence.
        recurrent: through an RNN, for each length.
        attention: through self-attention, for each length.
    """

    lengths: Sequence[int]
    recurrent: Sequence[Path]
    attention: Sequence[Path]


def measure(lengths: Sequence[int] = LENGTHS) -> Paths:
    """Record an RNN and self-attention on sentences of these lengths, and count.

    Raises:
        ValueError: a length below one.
    """
    return Paths(
        tuple(lengths),
        [path(recurrence(RNNCell, length, SIZE), "hidden") for length in lengths],
        [path(attention(length, SIZE, HEADS), "output") for length in lengths],
    )


def path(trace: Trace, result: str) -> Path:
    """Count how far it is from the first word of `x` to the last event of this name."""
    distance: dict[int, int] = {}
    steps: dict[int, int] = {}
    for event in trace:
        read = parents(trace, event)
        ways = [distance[one.order] for one in read if one.order in distance]
        if reads_first_word(event, read):
            ways = [0]
        if ways:
            distance[event.order] = 1 + min(ways)
        steps[event.order] = 1 + max(steps[one.order] for one in read) if read else 0
    last = trace.select(f"*.{result}")[-1].order
    return Path(distance[last], steps[last])


def parents(trace: Trace, event: Event) -> list[Event]:
    """List the events that an event was computed from."""
    return [read for read in reads(trace, event).values() if isinstance(read, Event)]


def reads_first_word(event: Event, read: Sequence[Event]) -> bool:
    """Say whether an event was made from the first word of `x`; one with a `time` reads that word alone."""
    return any(one.path == "x" and event.numbers.get("time") in (None, -one.shape[1]) for one in read)
