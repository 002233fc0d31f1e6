"""What is kept of a run, so that a long or large one stays within memory."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

import torch
from torch import Tensor

from tracetf.trace.labels import STATISTICS


@dataclass(frozen=True)
class Keep:
    """Say what to keep of each value.

    Args:
        only: globs of paths; one that matches is enough.
        layers: numbers of layers; what is in no layer is kept as well. All when left out.
        first_in_batch: keep the first sentence of the batch alone; what adds up all of
            them, as a loss does, can then not be recomputed.
        statistics: keep mean, deviation, least, largest and the share that is −∞, instead of the numbers.
        budget: bytes; with the value that would go beyond, recording stops.
    """

    only: tuple[str, ...] = ("*",)
    layers: Collection[int] | None = None
    first_in_batch: bool = False
    statistics: bool = False
    budget: int | None = None

    @cached_property
    def everything(self) -> bool:
        """Whether events of every path are kept."""
        return "*" in self.only and self.layers is None

    @cached_property
    def plain(self) -> bool:
        """Whether each value is kept, and as it is."""
        narrowed = self.first_in_batch or self.statistics or self.budget is not None
        return self.everything and not narrowed

    def wants(self, path: str) -> bool:
        """Say whether events of this path are kept."""
        if self.everything:
            return True
        layer = re.search(r"\.layers\.(\d+)\.", path)
        in_layers = self.layers is None or layer is None or int(layer[1]) in self.layers
        return in_layers and any(fnmatchcase(path, glob) for glob in self.only)

    def copy(self, value: Tensor, batched: bool) -> Tensor:
        """Return what is kept of a value, as a tensor of its own."""
        if self.first_in_batch and batched and value.ndim:
            value = value[:1]
        if self.statistics and value.is_floating_point():
            return statistics(value.detach())
        return own(value)


def own(value: Tensor) -> Tensor:
    """Return a copy in this machine's memory that no later step changes.

    torch copies the numbers when somebody writes to them, not before. Where memory is not its own (that of
    an array, of a file) it cannot know, so there they are copied at once; as is a part of a larger value, so
    that the rest is not kept with it.
    """
    value = value.data if value.requires_grad else value
    if not value.is_cpu:
        return value.cpu()
    try:
        if value.untyped_storage().nbytes() <= value.nbytes:
            return torch._lazy_clone(value)
    except RuntimeError:  # not torch's own memory
        pass
    return value.clone()


def statistics(value: Tensor) -> Tensor:
    """Return the mean, deviation, least and largest of the finite numbers, and the share that is −∞.

    Shapes:
        return: statistic
    """
    finite = value[value.isfinite()].double()
    if not len(finite):
        finite = torch.full((1,), torch.nan, dtype=torch.float64)
    masked = value.isneginf().double().mean()
    told = [finite.mean(), finite.std(correction=0), finite.min(), finite.max(), masked]
    assert len(told) == len(STATISTICS)
    return torch.stack(told).cpu()
