"""The gradients that come back to recorded values in a backward pass."""

from collections import OrderedDict
from functools import partial

from torch import Tensor

from tracetf.recorder.keep import Keep


class Gradients:
    """Keep the gradients of values as they come.

    The graph of a value holds whoever waits for its gradient. So this knows of nothing that holds a value:
    Python could not see such a circle through torch, and would never free it.
    """

    def __init__(self, keep: Keep) -> None:
        self.closed = False
        self._keep = keep
        self._came: dict[tuple[int, int], Tensor] = {}

    def await_one(self, value: Tensor, place: tuple[int, int], batched: bool) -> None:
        """Keep the gradient of a value when it comes.

        `Tensor.register_hook` does the same, and costs three times as much for a way to take it back.
        """
        take = partial(self._take, place, batched)
        if value.grad_fn is not None and value._backward_hooks is None:
            value._backward_hooks = OrderedDict({-1: take})
            value.grad_fn._register_hook_dict(value)
        else:
            value.register_hook(take)  # type: ignore[no-untyped-call]  # torch's own omission

    def _take(self, place: tuple[int, int], batched: bool, gradient: Tensor) -> None:
        if not self.closed:
            self._came[place] = self._keep.copy(gradient, batched)

    def hand_over(self) -> dict[tuple[int, int], Tensor]:
        """Return those that came since the last time, by the place of their values."""
        came, self._came = self._came, {}
        return came
