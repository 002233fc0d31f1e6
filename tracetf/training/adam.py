"""Adam, written out: section 5.3 of the paper; Kingma and Ba 2015, algorithm 1."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import Parameter

from tracetf.taps import place, tap, watched
from tracetf.training.clip import length


class Adam:
    """Move every weight against its gradient, by a step that its own past gradients measure: section 5.3.

    Args:
        parameters: what is to be learned, by name: `dict(model.named_parameters())`.
        beta_1: share of the first moment that is kept at each step.
        beta_2: share of the second moment that is kept at each step.
        epsilon: what keeps the division from zero.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        beta_1: float = 0.9,
        beta_2: float = 0.98,
        epsilon: float = 1e-9,
    ) -> None:
        self.parameters = dict(parameters)
        self.numbers = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
        self.steps = 0
        self.moments_1 = {name: torch.zeros_like(weight) for name, weight in self.parameters.items()}
        self.moments_2 = {name: torch.zeros_like(weight) for name, weight in self.parameters.items()}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every weight that has a gradient, in place: section 5.3.

        Args:
            rate: learning rate.
        """
        self.steps += 1
        beta_1, beta_2, epsilon = self.numbers.values()
        for name, weight in self.parameters.items():
            gradient = weight.grad
            if gradient is None:
                continue
            moment_1, moment_2 = self.moments_1[name], self.moments_2[name]
            with place(f"{name}.adam", gradient=gradient, rate=rate, step=self.steps, **self.numbers):
                tap(before=weight.detach(), moment_1_before=moment_1, moment_2_before=moment_2)
                moment_1.lerp_(gradient, 1 - beta_1)
                moment_2.mul_(beta_2).addcmul_(gradient, gradient, value=1 - beta_2)
                corrected_1 = moment_1 / (1 - beta_1**self.steps)
                corrected_2 = moment_2 / (1 - beta_2**self.steps)
                tap(moment_1=moment_1, moment_2=moment_2, corrected_1=corrected_1, corrected_2=corrected_2)
                # In place: new tensors for a large embedding would double the time of this function.
                update = corrected_1.mul_(rate).div_(corrected_2.sqrt_().add_(epsilon))
                tap(update=update)
                if watched():
                    tap(ratio=length(update) / length(weight))
                weight.sub_(update)
                tap(after=weight.detach())

    def state(self) -> dict[str, Tensor]:
        """Return what a later Adam needs to go on as this one would, to the bit."""
        named = {"moment_1": self.moments_1, "moment_2": self.moments_2}
        moments = {f"{moment}.{name}": own[name] for moment, own in named.items() for name in own}
        return {"steps": torch.tensor(self.steps), **moments}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from the state of another.

        Raises:
            ValueError: the state of an Adam that learns other parameters.
        """
        own = self.state()
        shapes, theirs = ({name: t.shape for name, t in known.items()} for known in (own, state))
        if shapes != theirs:
            odd = sorted(name for name, _ in shapes.items() ^ theirs.items())
            raise ValueError(
                f"the state of Adam does not fit these parameters at {odd[0]}; take that of this model"
            )
        for name, tensor in own.items():
            tensor.copy_(state[name])
        self.steps = int(state["steps"])
