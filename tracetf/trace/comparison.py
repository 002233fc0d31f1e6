"""What comparing two runs has shown, and how to say it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf, isfinite

from tracetf.trace.event import Event
from tracetf.trace.figures import short
from tracetf.trace.pair import GRADIENT, Difference, Pair
from tracetf.trace.renaming import likely
from tracetf.words import words

Screen = Mapping[str, str]
MOST = 12


@dataclass(frozen=True)
class Layer:
    """Say how far two runs are apart in a layer (or a module in no layer, or all) of a phase.

    Args:
        delta: the largest |Δ|; between ids or truths there is none.
        differing: steps that differ.
        compared: steps that both runs recorded.
    """

    phase: str
    module: str
    delta: float
    differing: int
    compared: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """Say where two runs first differ; truthy when every step and gradient that both recorded agrees.

    Args:
        pairs: the steps that both runs recorded, in the order of `a`; after those of the way forward, if they
            agree, their gradients in the order in which they came.
        first: the first of them that differs.
        missing_in_a: events that only `b` has.
        missing_in_b: events that only `a` has.
        tolerance: largest |Δ| that counts as agreement, relative to the step's largest number above 1.
        trouble: why nothing could be compared, and what to do, if nothing could.
    """

    pairs: tuple[Pair, ...]
    first: Difference | None
    missing_in_a: tuple[Event, ...]
    missing_in_b: tuple[Event, ...]
    tolerance: float
    trouble: str = ""

    def __bool__(self) -> bool:
        return self.compared > 0 and self.first is None

    @property
    def compared(self) -> int:
        """How many steps both runs recorded."""
        return len(self.pairs) - self.gradients

    @property
    def gradients(self) -> int:
        """How many of these steps had a gradient to compare."""
        return sum(pair.event.phase == GRADIENT for pair in self.pairs)

    @property
    def layers(self) -> list[Layer]:
        """How far the runs are apart, layer by layer, in the order of `a`."""
        groups = groupby(self.pairs, key=lambda pair: (pair.event.phase, _layer(pair.event)))
        return [_apart(phase, layer, list(pairs)) for (phase, layer), pairs in groups]

    @property
    def growth(self) -> list[Layer]:
        """The layers that differ in the first phase that does and in the next, then whole phases."""
        layers = [layer for layer in self.layers if layer.differing]
        phases = list(dict.fromkeys(layer.phase for layer in layers))
        later = [[pair for pair in self.pairs if pair.event.phase == phase] for phase in phases[2:]]
        detailed = [layer for layer in layers if layer.phase in phases[:2]]
        return detailed + [_apart(pairs[0].event.phase, "", pairs) for pairs in later]

    @property
    def nan(self) -> Event | None:
        """The first event that holds NaN in both runs at the same place, which no difference shows."""
        return next((pair.event for pair in self.pairs if pair.both_nan), None)

    def __str__(self) -> str:
        return "\n".join(self._told(words("en").screen))

    def _told(self, say: Screen) -> Iterator[str]:
        yield headline(self, say)
        if self.first is not None:
            yield cause(self.first, say)
            yield from (f"  {line}" for line in what_it_read(self.first, say))
            yield say["compare_growth"]
            rows = [f"  {row.phase} {row.module}".rstrip() + f": {extent(row, say)}" for row in self.growth]
            yield from shortened(rows)
        yield from remarks(self, say)


def headline(comparison: Comparison, say: Screen) -> str:
    """Say in one line whether two runs agree, and if not, where they first differ and by how much."""
    first = comparison.first
    if comparison.trouble:
        return comparison.trouble
    if first is None:
        told = say["compare_equal_gradients" if comparison.gradients else "compare_equal"]
        return told.format(
            compared=comparison.compared,
            gradients=comparison.gradients,
            tolerance=short(comparison.tolerance),
        )
    return f"{say['compare_first'].format(path=first.path, phase=first.phase)}: {where(first, say)}"


def where(first: Difference, say: Screen) -> str:
    """Say at which number two values differ most, both numbers, Δ, and how many others differ."""
    a, b = first.figures
    told = say["compare_against"].format(a=a, b=b)
    if not first.fits:
        return told
    told = f"{first.place}: {told}" if first.place else told
    if isfinite(first.delta) and first.measured:
        told += f", Δ {short(first.delta)}"
    return f"{told} ({say['compare_count'].format(count=first.count, size=first.event.value.size)})"


def cause(first: Difference, say: Screen) -> str:
    """Say whether the fault is in the step or before it."""
    return say[f"compare_{first.cause}"].format(unseen=", ".join(first.unseen[:MOST]))


def what_it_read(first: Difference, say: Screen) -> Iterator[str]:
    """Yield a line for each thing that a step read in both runs: whether it was the same."""
    known = [read for read in first.read if read.agrees is not None]
    width = max((len(read.name) for read in known), default=0)
    for read in known:
        told = read.a
        if read.a != read.b and not read.agrees:
            told = say["compare_reads"].format(a=read.a or "–", b=read.b)
        delta = f", Δ {short(read.delta)}" if 0 < read.delta < inf else ""
        yield f"{'✓' if read.agrees else '✗'} {read.name:{width}}  {told}{delta}"


def extent(row: Layer, say: Screen) -> str:
    """Say how far and in how many steps two runs differ in a layer."""
    count = say["compare_extent"].format(differing=row.differing, compared=row.compared)
    return f"Δ {short(row.delta)}, {count}" if row.delta else count


def remarks(comparison: Comparison, say: Screen) -> Iterator[str]:
    """Yield what else is to be known: NaN on both sides, and what was not compared."""
    if comparison.nan is not None:
        yield say["compare_nan"].format(path=comparison.nan.path, phase=comparison.nan.phase)
    shared = {pair.event.phase for pair in comparison.pairs}
    for run, events in (("a", comparison.missing_in_b), ("b", comparison.missing_in_a)):
        if events:
            yield say["compare_only"].format(run=run, count=len(events))
            yield from shortened([f"  {line}" for line in summed_up(events, shared)])
    rule = likely(_paths(comparison.missing_in_a, shared), _paths(comparison.missing_in_b, shared))
    if rule:
        yield say["compare_names"].format(theirs=rule[0], ours=rule[1])


def shortened(lines: Sequence[str]) -> Sequence[str]:
    """Return the first lines of many, and how many more there are."""
    return lines if len(lines) <= MOST else [*lines[: MOST - 1], f"  … + {len(lines) - MOST + 1}"]


def summed_up(events: Sequence[Event], shared: set[str]) -> Iterator[str]:
    """Yield a line for the phases that are not shared, and one for each module, layers taken together."""
    phases = list(dict.fromkeys(event.phase for event in events if event.phase not in shared))
    if phases:
        yield some(phases)
    modules: dict[str, dict[str, None]] = {}
    for event in events:
        if event.phase in shared:
            modules.setdefault(re.sub(r"\b\d+\b", "*", event.module), {})[event.name] = None
    for module, names in modules.items():
        yield f"{module}: {' '.join(names)}" if module else " ".join(names)


def some(phases: Sequence[str]) -> str:
    """Name phases, or where there are many, the first and the last."""
    return ", ".join(phases) if len(phases) < 4 else f"{phases[0]} … {phases[-1]}"


def _paths(events: Sequence[Event], phases: set[str]) -> list[str]:
    return list(dict.fromkeys(event.path for event in events if event.phase in phases))


def _apart(phase: str, module: str, pairs: Sequence[Pair]) -> Layer:
    differing = sum(not pair.agrees for pair in pairs)
    deltas = [pair.delta for pair in pairs if pair.measured]
    return Layer(phase, module, max(deltas, default=0.0), differing, len(pairs))


def _layer(event: Event) -> str:
    layer = re.match(r"(?:.*?\.)?\d+(?=\.)", event.path)
    return layer[0] if layer else event.module or event.path
