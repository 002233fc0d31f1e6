"""The step: one named thing the model computes, described once."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
Formula = Callable[..., Array]

OWN_AXES = "..."  # those of the parameter that the step is about


@dataclass(frozen=True, slots=True)
class Step:
    """Describe one step: what it is called, how it is shaped, what it reads, how it is computed.

    Args:
        key: room and name, `attention.scores`; also the key of its words and the anchor of its page.
        axes: its axes in einops words, `batch head query key`.
        formula: the formula in plain text, for a terminal.
        tex: the formula as the paper prints it.
        source: where it stands in the paper (or in the work it cites).
        reads: what the formula takes, in its order; `tracetf.trace.reading` says how a name is looked up.
        compute: the formula in NumPy, or nothing for a step that is given from outside.
        title: what it is called, for a step whose words are not in `tracetf.words`.
        what: one sentence on it, likewise.
        fine: whether its numbers are few sums away from what it reads, and small ones count: agreement then
            has to be closer, and relative to the largest of them.
    """

    key: str
    axes: str
    formula: str
    tex: str
    source: str
    reads: tuple[str, ...] = ()
    compute: Formula | None = None
    title: str = ""
    what: str = ""
    fine: bool = False

    @property
    def room(self) -> str:
        return self.key.split(".")[0]

    @property
    def name(self) -> str:
        return self.key.split(".")[1]


STEPS: dict[str, Step] = {}


def step(
    key: str,
    axes: str,
    *,
    formula: str,
    reads: str,
    tex: str = "",
    source: str = "",
    title: str = "",
    what: str = "",
    fine: bool = False,
) -> Callable[[Formula], Formula]:
    """Enter the decorated NumPy function into the table as the formula of step `key`.

    A step of your own is then labelled, verified and explained like ours: `gate.opened` is what any module
    named `gate`, or `…_gate`, taps as `opened`.

    Raises:
        ValueError: a key without a room, or one that is taken.
    """

    def enter(compute: Formula) -> Formula:
        _enter(Step(key, axes, formula, tex, source, tuple(reads.split()), compute, title, what, fine))
        return compute

    return enter


def given(key: str, axes: str, *, formula: str, tex: str, source: str) -> None:
    """Enter a step that the model is handed: there is nothing to recompute."""
    _enter(Step(key, axes, formula, tex, source))


def _enter(new: Step) -> None:
    if new.key.count(".") != 1:
        raise ValueError(f"step {new.key!r} has no room; name it room.step, as in gate.opened")
    taken = STEPS.get(new.key)
    if taken and getattr(taken.compute, "__module__", None) != getattr(new.compute, "__module__", None):
        raise ValueError(f"step {new.key!r} is in the table already; choose another name for yours")
    STEPS[new.key] = new
    room.cache_clear()
    find.cache_clear()


@lru_cache(maxsize=4096)
def room(module: str) -> str:
    """Name the room of a module path: `encoder.layers.0.self_attention` is in room `attention`."""
    last = module.rpartition(".")[2]
    if last in ("encoder", "decoder"):
        return "stack"
    rooms = {known.room for known in STEPS.values()}
    fitting = [name for name in rooms if last == name or last.endswith(f"_{name}")]
    return max(fitting, key=len, default=last or "transformer")


@lru_cache(maxsize=4096)
def find(path: str) -> Step | None:
    """Find the step recorded under an event path, or nothing for a name of somebody else's."""
    module, _, name = path.rpartition(".")
    return STEPS.get(f"{room(module)}.{name}")


def matching(name: str) -> list[Step]:
    """List the steps that `name` can mean: a key, a step's bare name, or an event path."""
    found = STEPS.get(name) or find(name)
    return [found] if found else [step for step in STEPS.values() if step.name == name]


def nearest(name: str) -> list[str]:
    """List the keys that look most like a name nobody knows."""
    known = [*STEPS, *(step.name for step in STEPS.values())]
    return list(dict.fromkeys(get_close_matches(name.lower(), known, n=5, cutoff=0.5)))
