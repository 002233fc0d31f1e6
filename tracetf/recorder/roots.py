"""The models that a recording follows, and what is known of them before they run."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from types import FrameType
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tracetf.recorder.calls import leave_alone, listen_to
from tracetf.trace import Trace

NUMBERS = (int, float)


class Roots:
    """Know the path of every module: of one given model, or of whatever models the recording meets.

    A model that is met is the outermost module at work; a second one has its class's name before its paths.

    Args:
        model: the only model to follow; whichever come along when left out.
        trace: where its parameters, sizes and vocabularies are noted.
        parameters: whether to note the parameters.
    """

    def __init__(self, model: nn.Module | None, trace: Trace, parameters: bool) -> None:
        self.paths: dict[nn.Module, str] = {}
        self.given = model is not None
        self.trace = trace
        self.parameters = parameters
        if model is not None:
            self._follow(model, "")

    def close(self) -> None:
        """Leave every module as it was, and forget it."""
        leave_alone(self.paths)
        self.paths = {}

    def path(self, module: nn.Module) -> str | None:
        """Return the path of a module, or nothing for one of a model that is not followed."""
        path = self.paths.get(module)
        if path is None and not self.given:
            self._meet(module)
            return self.paths[module]
        return path

    def path_here(self) -> str | None:
        """Return the path for a tap outside any module call: that of the nearest module whose method runs.

        A module that holds the given model counts as the model itself; nothing for any other.
        """
        nearest = next(modules_at_work(sys._getframe(1)), None)
        if nearest is None or (self.given and self.paths.keys() <= set(nearest.modules())):
            return ""
        return self.path(nearest)

    def _meet(self, module: nn.Module) -> None:
        root = module
        for candidate in modules_at_work(sys._getframe(1)):
            if candidate not in self.paths and any(part is module for part in candidate.modules()):
                root = candidate
        name = type(root).__name__ if self.paths else ""
        self._follow(root, f"{name}_{len(self.paths)}" if name in self.paths.values() else name)

    def _find(self, module: nn.Module, path: str, new: dict[nn.Module, str]) -> None:
        """Name the modules in a module, as `named_modules` does in three times the time."""
        if module not in new and module not in self.paths:
            new[module] = path
            for name, child in module._modules.items():
                if child is not None:
                    self._find(child, f"{path}.{name}" if path else name, new)

    def _follow(self, root: nn.Module, name: str) -> None:
        new: dict[nn.Module, str] = {}
        self._find(root, "", new)
        listen_to(new)
        self.paths |= {module: f"{name}.{path}".strip(".") for module, path in new.items()} if name else new
        before = f"{name}." if name else ""
        if self.parameters:
            found = {before + path: array for path, array in _parameters(root).items()}
            self.trace.parameters = {**self.trace.parameters, **found}
        self.trace.constants = {**self.trace.constants, **_constants(new, before)}
        dimensions: Any = getattr(root, "dimensions", None)
        if is_dataclass(dimensions) and not self.trace.dimensions:
            self.trace.dimensions = dict(vars(dimensions))
        self.trace.vocabularies = self.trace.vocabularies or getattr(root, "vocabularies", {})


def modules_at_work(frame: FrameType | None) -> Iterator[nn.Module]:
    """Yield the modules whose methods are running, from the innermost outwards.

    Only methods are looked into: to look at a frame's variables is to keep them alive until it returns.
    """
    while frame is not None:
        caller = frame.f_locals["self"] if frame.f_code.co_varnames[:1] == ("self",) else None
        if isinstance(caller, nn.Module):
            yield caller
        frame = frame.f_back


def as_array(value: Tensor) -> NDArray[Any]:
    """Return a tensor's numbers as an array; NumPy has no bfloat16, and float32 holds it exactly."""
    value = value.contiguous()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


def _parameters(model: nn.Module) -> dict[str, NDArray[Any]]:
    arrays = {
        parameter: as_array(parameter.detach().to("cpu", copy=True)) for parameter in model.parameters()
    }
    return {name: arrays[p] for name, p in model.named_parameters(remove_duplicate=False)}


def _constants(modules: Mapping[nn.Module, str], before: str) -> dict[str, float]:
    return {
        f"{before}{path}.{name}" if path else before + name: value
        for module, path in modules.items()
        for name, value in vars(module).items()
        if type(value) in NUMBERS
    }


def is_number(value: Any) -> bool:
    """Say whether a value is a plain number (a truth is none)."""
    return isinstance(value, NUMBERS) and not isinstance(value, bool)
