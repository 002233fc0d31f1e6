"""What does not fit between a run and rules of shapes: in few lines, the worst first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracetf.testing.nearest import nearest_paths, without_a_rule
from tracetf.testing.rules import Bound, Match, Verdict, bind, judge, matches, read_rules
from tracetf.trace import Event, Trace

UNTAPPED = (
    "no module that ran says tap(name=value); say it in yours, or record what every module returns "
    "with modules=True"
)


@dataclass(frozen=True, eq=False)
class Misfit:
    """Hold the events that break a rule in the same way; the first stands for all."""

    match: Match
    verdicts: Sequence[Verdict]
    events: list[Event]

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Which comes first: another number of axes, then more axes that are wrong, then the earlier."""
        wrong = sum(verdict.wrong for verdict in self.verdicts)
        return self.match.is_whole, -wrong, self.match.event.order

    @property
    def title(self) -> str:
        """Which event breaks the rule, and how many others do."""
        alike = f" and {len(self.events) - 1} like it" if len(self.events) > 1 else ""
        return f"{self.match.event.path} ({self.match.event.phase}){alike}"


def explanation(trace: Trace, rules: Mapping[str, str], exact: bool) -> list[str]:
    """Say what does not fit, in lines; none if everything does.

    Raises:
        ValueError: a pattern that is none, two rules that fix one name at two sizes.
    """
    events = list(trace)
    read = read_rules(rules)
    found = matches(read, events)
    misfits = _misfits(found, bind(read, found))
    matched = {match.rule.glob for match in found}
    idle = [glob for glob in rules if glob not in matched]
    ruled = {match.event.order for match in found}
    unruled = [event for event in events if event.order not in ruled] if exact else []
    wrong = {event.order for misfit in misfits for event in misfit.events}
    counts = [
        f"wrong shape in {len(wrong)} of {len(events)} events" if wrong else "",
        f"no rule for {len(unruled)} of {len(events)} events" if unruled else "",
        f"{len(idle)} of {len(rules)} rules matched nothing" if idle else "",
    ]
    if not any(counts):
        return []
    asserted = f"trace.shapes {'==' if exact else '>='} rules"
    if not events:
        return [f"{asserted}: nothing was recorded", UNTAPPED]
    return [
        f"{asserted}: {', '.join(filter(None, counts))}",
        *filter(None, [trace.notice]),
        *(line for misfit in misfits[:1] for line in _in_full(misfit)),
        *(f"{misfit.title}: {_in_short(misfit)}" for misfit in misfits[1:]),
        *(f'rule "{glob}" matched nothing; nearest: {nearest_paths(glob, events)}' for glob in idle),
        *without_a_rule(unruled, list(rules)),
    ]


def _misfits(found: Iterable[Match], bound: Mapping[str, Bound]) -> list[Misfit]:
    """Collect what breaks a rule, the worst first."""
    kinds: dict[object, Misfit] = {}
    for match in found:
        verdicts = list(judge(match, bound))
        if any(verdict.wrong for verdict in verdicts):
            kind = match.rule.glob, *((verdict.wanted, verdict.got) for verdict in verdicts)
            kinds.setdefault(kind, Misfit(match, verdicts, [])).events.append(match.event)
    return sorted(kinds.values(), key=lambda misfit: misfit.rank)


def _in_full(misfit: Misfit) -> Iterator[str]:
    """Yield what was wanted above what was got, carets under what differs, and why that was wanted."""
    widths = [max(len(verdict.wanted), len(verdict.got)) for verdict in misfit.verdicts]

    def row(cells: Iterable[str]) -> str:
        return " ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()

    yield f'{misfit.title}, rule "{misfit.match.rule.glob}"'
    yield f"  wanted  {row(verdict.wanted for verdict in misfit.verdicts) or 'one number'}"
    yield f"  got     {row(verdict.got for verdict in misfit.verdicts) or 'one number'}"
    yield f"          {row('^' * len(v.got or v.wanted) * v.wrong for v in misfit.verdicts)}"
    yield from (f"  {reason}" for reason in _reasons(misfit))


def _reasons(misfit: Misfit) -> Iterator[str]:
    """Yield what asks for a size that the rule itself does not say, and which names are misplaced."""
    asked: dict[tuple[str, str], list[str]] = {}
    for verdict in misfit.verdicts:
        by = verdict.bound
        if by is not None:
            rule = "the same rule" if by.rule is misfit.match.rule else f'rule "{by.rule.glob}"'
            asked.setdefault((rule, f", {by.event.path}" if by.event else ""), []).append(verdict.wanted)
    for (rule, event), sizes in asked.items():
        yield f"{', '.join(sizes)} by {rule}{event}"
    displaced = [verdict.wanted for verdict in misfit.verdicts if verdict.displaced]
    if displaced:
        yield f"{', '.join(displaced)}: other axes of the event have these names"


def _in_short(misfit: Misfit) -> str:
    return ", ".join(_told(verdict) for verdict in misfit.verdicts if verdict.wrong)


def _told(verdict: Verdict) -> str:
    if not verdict.got:
        return f"no {verdict.wanted}"
    return f"{verdict.got} instead of {verdict.wanted}" if verdict.wanted else f"{verdict.got} too many"
