"""The shapes of a recorded run, held against rules: `{"*.scores": "batch head query key"}`."""

from collections.abc import Mapping

from tracetf.testing.explain import explanation
from tracetf.trace import Trace
from tracetf.trace.compare import compare


class Shapes:
    """Stand for the shapes of all events of a trace.

    A rule is a glob of event paths and the axes these events have, in einops words: a name, `name=4` for a
    size, `4` for a size without a name, `_` for any axis, `...` for any number of axes. A name has one size
    in all rules together. A name that the event itself gives to an axis has to stand at that axis; other
    names are free. `==` wants a rule for every event, `>=` does not; both want an event for every rule.

    Args:
        trace: the run.
    """

    __hash__ = None  # type: ignore[assignment]  # it grows while the run goes on

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def __eq__(self, rules: object) -> bool:
        return not self.explain(rules) if isinstance(rules, Mapping) else NotImplemented

    def __ge__(self, rules: Mapping[str, str]) -> bool:
        return not self.explain(rules, exact=False) if isinstance(rules, Mapping) else NotImplemented

    def explain(self, rules: Mapping[str, str], exact: bool = True) -> str:
        """Say what does not fit the rules, the worst first; nothing if all does.

        Args:
            exact: whether an event that no rule matches is a fault, as for `==`.

        Raises:
            ValueError: a pattern that is none, two rules that fix one name at two sizes.
        """
        return "\n".join(explanation(self.trace, rules, exact))

    def __str__(self) -> str:
        """List the events in order, phase by phase."""
        width = max((len(event.path) for event in self.trace), default=0)
        lines = []
        phase = None
        for event in self.trace:
            if event.phase != phase:
                phase = event.phase
                lines.append(f"{phase}:")
            lines.append(f"  {event.path:{width}}  {event.sizes}".rstrip())
        return "\n".join(lines) or "nothing was recorded"

    def __repr__(self) -> str:
        return f"<Shapes of {len(self.trace)} events>"


class WatchedTrace(Trace):
    """Hold what a test runs: what the fixture `trace` is."""

    @property
    def shapes(self) -> Shapes:
        """The shapes of all events, to be held against rules."""
        return Shapes(self)


def explained(op: str, left: object, right: object) -> list[str] | None:
    """Say why an assertion about shapes or traces does not hold; nothing if it is about something else."""
    if isinstance(right, Shapes):
        op, left, right = {"<=": ">="}.get(op, op), right, left
    if isinstance(left, Shapes) and isinstance(right, Mapping) and op in ("==", ">="):
        return left.explain(right, exact=op == "==").splitlines()
    if isinstance(left, Trace) and isinstance(right, Trace) and op == "==":
        return str(compare(left, right)).splitlines()
    return None
