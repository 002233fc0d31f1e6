"""Several runs one after another, as one trace: attention while a model learns."""

from collections.abc import Iterable
from dataclasses import replace

from tracetf.trace import Trace


def film(traces: Iterable[Trace]) -> Trace:
    """Return the events of several runs as one trace, in the order the runs are given.

    Of the snapshots that training keeps, `page(film(snapshots), Wish(only="*.layers.1.*weights"))` is a page
    whose slider goes from step to step.

    Raises:
        ValueError: two of the runs have a phase of the same name, or there is none.
    """
    joined: Trace | None = None
    for trace in traces:
        if joined is None:
            joined = Trace({}, {}, trace.dimensions, trace.vocabularies)
        twice = set(joined.phases) & set(trace.phases)
        if twice:
            raise ValueError(f"two runs have the phase {min(twice)!r}; give the phases names of their own")
        first = len(joined)
        orders = {event.order: first + place for place, event in enumerate(trace)}
        for event in trace:
            inputs = {name: orders[order] for name, order in event.inputs.items() if order in orders}
            began = min(order for old, order in orders.items() if old >= event.began)
            joined.append(replace(event, order=orders[event.order], began=began, inputs=inputs))
    if joined is None:
        raise ValueError("a film needs at least one run; give the traces in order")
    return joined
