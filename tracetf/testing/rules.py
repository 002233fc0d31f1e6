"""Rules of shapes, held against the events of a trace: one name, one size, over all of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tracetf.testing.patterns import Axis, Column, columns, parse
from tracetf.trace import Event


@dataclass(frozen=True)
class Rule:
    """Say how the events are shaped whose path matches a glob."""

    glob: str
    axes: tuple[Axis, ...]


@dataclass(frozen=True, eq=False)
class Match:
    """Hold an event beside a rule that chose it."""

    rule: Rule
    event: Event
    columns: Sequence[Column]

    @property
    def displaced(self) -> set[str]:
        """The axes of the event that the rule names at another place."""
        placed = {
            column.name for column in self.columns if column.wanted and column.wanted.name == column.name
        }
        wanted = {column.wanted.name for column in self.columns if column.wanted}
        return (wanted & set(self.event.axes)) - placed

    @property
    def is_whole(self) -> bool:
        """Whether every axis stands beside a word, and every word beside an axis."""
        return all(column.wanted and column.got for column in self.columns)


@dataclass(frozen=True, eq=False)
class Bound:
    """Hold the size that a name has in all rules.

    Args:
        size: the one that a rule fixes, or else the one most events have.
        rule: the rule that says so.
        event: the first event that has it, or nothing if the rule itself fixes it.
    """

    size: int
    rule: Rule
    event: Event | None = None


@dataclass(frozen=True)
class Verdict:
    """Say of one axis what was wanted, what was got, and whether that is wrong.

    Args:
        bound: what asks for another size, if not the rule itself.
        displaced: whether the event has an axis of this name at another place.
    """

    wanted: str
    got: str
    wrong: bool
    bound: Bound | None = None
    displaced: bool = False


def read_rules(rules: Mapping[str, str]) -> list[Rule]:
    """Read rules as a test writes them.

    Raises:
        ValueError: a pattern that is none.
    """
    return [Rule(glob, parse(pattern)) for glob, pattern in rules.items()]


def matches(rules: Iterable[Rule], events: Sequence[Event]) -> list[Match]:
    """Put every event beside every rule that chooses it."""
    return [
        Match(rule, event, columns(rule.axes, event))
        for rule in rules
        for event in events
        if fnmatchcase(event.path, rule.glob)
    ]


def bind(rules: Iterable[Rule], found: Iterable[Match]) -> dict[str, Bound]:
    """Give every name its size: the one that a rule fixes, or else the one that most events have.

    Raises:
        ValueError: two rules that fix one name at two sizes.
    """
    bound = _fixed(rules)
    votes: dict[str, dict[int, list[Match]]] = {}
    for match in found:
        if match.is_whole and not match.displaced:
            for column in match.columns:
                if column.wanted and column.wanted.name and column.size is not None:
                    votes.setdefault(column.wanted.name, {}).setdefault(column.size, []).append(match)
    for name, sizes in votes.items():
        size, most = max(sizes.items(), key=lambda vote: len(vote[1]))
        bound.setdefault(name, Bound(size, most[0].rule, most[0].event))
    return bound


def _fixed(rules: Iterable[Rule]) -> dict[str, Bound]:
    bound: dict[str, Bound] = {}
    for rule in rules:
        for axis in rule.axes:
            if axis.name and axis.size is not None:
                first = bound.setdefault(axis.name, Bound(axis.size, rule))
                if first.size != axis.size:
                    raise ValueError(
                        f"rule {first.rule.glob!r} says {axis.name}={first.size} and rule {rule.glob!r} says "
                        f"{axis.word}; a name has one size in all rules, so give one of them another name"
                    )
    return bound


def judge(match: Match, bound: Mapping[str, Bound]) -> Iterator[Verdict]:
    """Hold each axis of an event against what the rules want of it."""
    displaced = match.displaced
    for column in match.columns:
        axis = column.wanted
        if axis is None or not column.got:
            yield Verdict(axis.word if axis else "", column.got, wrong=True)
        elif axis.name in displaced:
            yield Verdict(axis.word, column.got, wrong=True, displaced=True)
        elif axis.size is not None:
            yield Verdict(axis.word, column.got, wrong=axis.size != column.size)
        elif axis.name in bound and bound[axis.name].size != column.size:
            by = bound[axis.name]
            yield Verdict(f"{axis.name}={by.size}", column.got, wrong=True, bound=by)
        else:
            yield Verdict(axis.word, column.got, wrong=False)
