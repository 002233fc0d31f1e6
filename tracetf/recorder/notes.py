"""What is noted while a model runs: as little as can be; the rest is worked out when somebody asks."""

import weakref
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

import torch
from torch import Tensor

from tracetf.recorder.calls import Call
from tracetf.recorder.roots import is_number
from tracetf.taps import Phase

AT_ONCE = 2_000_000  # bytes of values held before they are let go
NOTHING = torch.empty(0)  # is kept of a value that nobody wants
size = attrgetter("nbytes")


class Tapped(NamedTuple):
    """One tap: its values as they are, and what is kept of each.

    Args:
        phase: the stretch of the run.
        module: begins the paths.
        pattern: the axes that the tap named.
        call: the call it happened in.
        values: by name.
        copies: what is kept of each, in the same order.
    """

    phase: Phase
    module: str
    pattern: str
    call: Call | None
    values: Mapping[str, Tensor]
    copies: Sequence[Tensor]


class Kept(NamedTuple):
    """One value, and all that its event tells.

    Args:
        order: its place among all values.
        began: that of the first value of the call, or of the phase outside of any.
        phase: the phase's name.
        path: where in the model.
        pattern: the axes that the tap named.
        inputs: the arguments of the call, each with the order of the value that it was.
        numbers: the plain numbers among them.
        value: the numbers.
    """

    order: int
    began: int
    phase: str
    path: str
    pattern: str
    inputs: Mapping[str, int]
    numbers: Mapping[str, float]
    value: Tensor


class Notes:
    """Hold taps, and know which of them made a tensor.

    A tensor is known by its identity. So it is held from its tap on until somebody asks, or until there are
    too many; from then on it is merely known, and may go.

    Attributes:
        taps: how many there were.
    """

    def __init__(self, phase: Phase) -> None:
        self.taps = 0
        self._taps: list[tuple[Phase, str, str, Call | None, Mapping[str, Tensor], Sequence[Tensor]]] = []
        self._bytes = 0
        self._firsts: list[int] = []  # of each tap, the order of its first value
        self._count = 0
        self._phase = phase
        self._phase_began = 0
        self._kept: list[Kept] = []
        self._made: dict[int, tuple[weakref.ref[Tensor], list[int]]] = {}

    def add(
        self,
        phase: Phase,
        module: str,
        pattern: str,
        call: Call | None,
        values: Mapping[str, Tensor],
        copies: Sequence[Tensor],
    ) -> None:
        """Hold a tap, as `Tapped` has it."""
        self.taps += 1
        self._taps.append((phase, module, pattern, call, values, copies))
        self._bytes += sum(map(size, values.values()))

    @property
    def are_many(self) -> bool:
        """Whether they hold more than they should."""
        return self._bytes > AT_ONCE

    def order(self, place: tuple[int, int]) -> int:
        """Return the order of a value that was let go, by its tap and its place in it."""
        tap, value = place
        return self._firsts[tap] + value

    def hand_over(self) -> list[Kept]:
        """Return what was kept since the last time."""
        self.let_go()
        kept, self._kept = self._kept, []
        return kept

    def let_go(self) -> None:
        """Hold no tensor but the copies."""
        taps, self._taps, self._bytes = [Tapped(*tap) for tap in self._taps], [], 0
        before = len(self._firsts)
        for tapped in taps:
            self._firsts.append(self._count)
            for value in tapped.values.values():
                self._orders(value).append(self._count)
                self._count += 1
        for first, tapped in zip(self._firsts[before:], taps, strict=True):
            self._keep(first, tapped)

    def _keep(self, first: int, tapped: Tapped) -> None:
        if tapped.phase is not self._phase:
            self._phase, self._phase_began = tapped.phase, first
        call = tapped.call
        began = self._phase_began if call is None else self._firsts[call.began]
        inputs, numbers = ({}, {}) if call is None else self._read(call, began)
        for order, (name, copy) in enumerate(zip(tapped.values, tapped.copies, strict=True), first):
            if copy is not NOTHING:
                path = joined(tapped.module, name)
                self._kept.append(
                    Kept(order, began, tapped.phase.name, path, tapped.pattern, inputs, numbers, copy)
                )

    def _orders(self, value: Tensor) -> list[int]:
        known = self._made.get(id(value))
        if known is None or known[0]() is not value:
            known = self._made[id(value)] = weakref.ref(value), []
        return known[1]

    def _read(self, call: Call, began: int) -> tuple[dict[str, int], dict[str, float]]:
        """Return for each argument of a call the last value before it that it was, and the plain numbers."""
        if call.read is None:
            inputs: dict[str, int] = {}
            numbers: dict[str, float] = {}
            for name, value in call.given():
                if isinstance(value, Tensor):
                    known = self._made.get(id(value))
                    before = bisect_left(known[1], began) if known and known[0]() is value else 0
                    if known and before:
                        inputs[name] = known[1][before - 1]
                elif is_number(value):
                    numbers[name] = value
            call.read = inputs, numbers
        return call.read


def joined(module: str, name: str) -> str:
    """Return the path of a value."""
    return f"{module}.{name}" if module else name
