"""Hold two runs against each other, step by step."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import inf
from types import MappingProxyType

import numpy as np

from tracetf.steps.table import Array
from tracetf.trace.comparison import Comparison, some
from tracetf.trace.event import Event
from tracetf.trace.figures import short
from tracetf.trace.pair import GRADIENT, Difference, Pair, Read, allowance, apart, held, largest
from tracetf.trace.reading import Source, UnreadError, reads
from tracetf.trace.renaming import likely, renamed
from tracetf.trace.trace import Trace

NO_NAMES: Mapping[str, str] = MappingProxyType({})


def compare(a: Trace, b: Trace, tolerance: float = 2e-5, names: Mapping[str, str] = NO_NAMES) -> Comparison:
    """Find the first step, in the order of `a`, that `b` computed otherwise.

    Steps are the same if path and phase are, and if both runs have gone through them as often before. −∞
    equals −∞, and NaN equals NaN; ids and truths have to be exact.

    If both runs went backward and agree up to there, gradients are compared next, from the last step to the
    first. A step that no gradient came to has one of zeros.

    Args:
        tolerance: largest |Δ| that counts as agreement, relative to the step's largest number above 1; of
            gradients, relative to the largest of them all.
        names: paths of `b`, or how they begin, and what `a` calls them; `*` is any piece of a path.

    Raises:
        ValueError: a tolerance below 0, names that do not fit.
    """
    if not 0 <= tolerance < inf:
        raise ValueError(f"tolerance={tolerance} is no distance; give 0 or more, 2e-5 suits float32")
    return Alignment(a, b, tolerance, names).comparison()


class Alignment:
    """Know which event of `b` is which of `a`.

    Args:
        tolerance: largest |Δ| that counts as agreement, relative to the step's largest number above 1.
        names: paths of `b`, or how they begin, and what `a` calls them.
    """

    def __init__(self, a: Trace, b: Trace, tolerance: float, names: Mapping[str, str]) -> None:
        self.a = a
        self.b = b
        self.renamed = renamed(b, names) if names else b
        self.tolerance = tolerance
        theirs = dict(_keyed(self.renamed))
        self.twins = {event.order: theirs[key] for key, event in _keyed(a) if key in theirs}

    def comparison(self) -> Comparison:
        """Return what there is to say of all events."""
        own = {event.order: event for event in self.b}
        twins = [(event, own[self.twins[event.order].order]) for event in self.a if event.order in self.twins]
        steps = tuple(held(one, other, allowance(one.value, self.tolerance)) for one, other in twins)
        pairs = self._with_gradients(steps)
        met = {twin.order for _, twin in twins}
        return Comparison(
            pairs,
            next((self._difference(pair) for pair in pairs if not pair.agrees), None),
            missing_in_a=tuple(event for event in self.b if event.order not in met),
            missing_in_b=tuple(event for event in self.a if event.order not in self.twins),
            tolerance=self.tolerance,
            trouble="" if pairs else self._nothing_in_common(),
        )

    def _with_gradients(self, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        """Put between steps that agree and what comes after the way back their gradients, as they came."""
        ours = {i for i, pair in enumerate(pairs) if _has_gradient(pair.event)}
        theirs = {i for i, pair in enumerate(pairs) if _has_gradient(pair.other)}
        known = sorted(ours | theirs, reverse=True)
        forward = pairs[: known[0] + 1] if known else ()
        if not (ours and theirs and all(pair.agrees for pair in forward)):
            return pairs
        twins = [(_gradient(pairs[i].event), _gradient(pairs[i].other)) for i in known]
        allowed = self.tolerance * max(largest(one.value) for one, _ in twins)
        return (*forward, *(held(*twin, allowed) for twin in twins), *pairs[len(forward) :])

    def _difference(self, pair: Pair) -> Difference:
        read = () if pair.event.phase == GRADIENT else tuple(dict.fromkeys(self._read(pair.event)))
        vocabularies = {**self.b.vocabularies, **self.a.vocabularies}
        return Difference(**vars(pair), read=read, vocabularies=vocabularies)

    def _read(self, event: Event) -> Iterator[Read]:
        """Yield what a step read in both runs; of what only `a` recorded, what that was made from."""
        queue = [(event, self._read_in_b(self.twins[event.order]))]
        asked = {event.order}
        for event, theirs in queue:
            try:
                ours = reads(self.a, event)
            except UnreadError as missing:
                yield Read(str(missing).partition(" reads ")[2].partition(",")[0])
                continue
            for (name, mine), yours in zip(ours.items(), theirs or [None] * len(ours), strict=True):
                if isinstance(mine, Event) and yours is None:
                    yours = self.twins.get(mine.order)
                    if yours is None and mine.order not in asked:
                        asked.add(mine.order)
                        queue.append((mine, []))
                if mine is not None or yours is not None:
                    yield self._held(event, name, mine, yours)

    def _read_in_b(self, twin: Event) -> list[Source | None]:
        try:
            return list(reads(self.renamed, twin).values())
        except UnreadError:
            return []

    def _held(self, event: Event, name: str, mine: Source | None, yours: Source | None) -> Read:
        """Hold what a step read in one run against what it read in the other; plain numbers are exact."""
        called = _called(event, name, mine), _called(event, name, yours)
        if yours is None:
            return Read(name, mine.path if isinstance(mine, Event) else _path(event, name))
        if mine is None:
            return Read(name, *called, agrees=False)
        numbers = _numbers(mine)
        delta = apart(numbers, _numbers(yours))
        allowed = allowance(numbers, self.tolerance) if isinstance(mine, Event | np.ndarray) else 0.0
        return Read(name, *called, delta, delta <= allowed)

    def _nothing_in_common(self) -> str:
        for run, trace in (("a", self.a), ("b", self.b)):
            if not len(trace):
                return f"{run} holds no step, so there is nothing to compare; record a run into it"
        ours, theirs = ({event.path: None for event in trace} for trace in (self.a, self.renamed))
        if ours.keys() & theirs.keys():
            return (
                f"the runs share paths but no phase: a has {some(self.a.phases)}, b has "
                f"{some(self.b.phases)}; record both in the same way"
            )
        rule = likely(theirs, ours) or ("theirs", "ours")
        return (
            f"no step of b is called as one of a: b has {next(iter(theirs))}, a has {next(iter(ours))}; "
            f"say what is what: names={dict([rule])}, or --rename '{'='.join(rule)}'"
        )


def _keyed(trace: Trace) -> Iterator[tuple[tuple[str, str, int], Event]]:
    """Yield every event with its path, its phase, and how often that has come before."""
    before: Counter[tuple[str, str]] = Counter()
    for event in trace:
        key = event.path, event.phase
        yield (*key, before[key]), event
        before[key] += 1


def _has_gradient(event: Event) -> bool:
    return vars(event)["gradient"] is not None


def _gradient(event: Event) -> Event:
    """Return an event whose value is the gradient of this one, zeros if none came."""
    gradient = vars(event)["gradient"]
    value = np.zeros_like(event.value) if gradient is None else gradient
    return Event(**vars(event) | {"phase": GRADIENT, "value": value, "gradient": None})


def _called(event: Event, name: str, source: Source | None) -> str:
    if isinstance(source, Event):
        return source.path
    if isinstance(source, np.ndarray):
        return _path(event, name)
    return "" if source is None else short(source)


def _path(event: Event, name: str) -> str:
    return f"{event.module}.{name}".lstrip(".")


def _numbers(source: Source) -> Array:
    return source.value if isinstance(source, Event) else np.asarray(source)
