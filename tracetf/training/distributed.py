"""One training on many processes: each takes its share of every batch, and gradients are added up.

Started by `torchrun`, which tells each process its rank in the environment. Adding up one flat vector of
gradients is all that is needed, and exact: every process holds the whole batch's token count, so the sum of
their gradients is the gradient of the whole batch. DistributedDataParallel would average over processes
instead, and would need each to hold the same number of tokens.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True)
class Processes:
    """Say which of how many processes this one is, and where it computes."""

    rank: int = 0
    count: int = 1
    device: torch.device = torch.device("cpu")  # noqa: RUF009 - it is never changed

    @property
    def first(self) -> bool:
        """Whether this is the one that writes files and speaks."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """Return every `count`-th row of a batch, beginning with this process's own.

        Shapes:
            rows: batch token
            return: share token
        """
        return rows[self.rank :: self.count].to(self.device)

    def add_up(self, parts: Sequence[Tensor]) -> None:
        """Put the sum over all processes in place of each part."""
        if self.count == 1:
            return
        flat = torch.cat([part.flatten() for part in parts])
        distributed.all_reduce(flat)
        for part, total in zip(parts, torch.split(flat, [part.numel() for part in parts]), strict=True):
            part.copy_(total.view_as(part))

    def any(self, holds: bool) -> bool:
        """Say whether it holds in any process, so that all stop after the same step."""
        said = torch.tensor([float(holds)], device=self.device)
        self.add_up([said])
        return bool(said.item())

    def leave(self) -> None:
        """End what `join` began."""
        if self.count > 1:
            distributed.destroy_process_group()


def join(device: str = "cpu", threads: int = 0) -> Processes:
    """Join the processes that `torchrun` started; without it there is one.

    Args:
        device: `cpu`, or `cuda`, of which each process takes the one with its own number.
        threads: of the CPU; as many as torch takes with 0.

    Raises:
        ValueError: no such device.
    """
    if threads:
        torch.set_num_threads(threads)
    place = _place(device, int(os.environ.get("LOCAL_RANK", 0)))
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return Processes(device=place)
    distributed.init_process_group("gloo" if device == "cpu" else "nccl")
    return Processes(distributed.get_rank(), distributed.get_world_size(), place)


def _place(device: str, local: int) -> torch.device:
    if device == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ValueError(
            f"device={device!r} needs a GPU, and torch {torch.__version__} sees none; "
            "leave device at cpu, or install a torch that is made for CUDA"
        )
    if local >= torch.cuda.device_count():
        raise ValueError(
            f"process {local} has no GPU of its own, there are {torch.cuda.device_count()}; "
            "start no more processes than that"
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)
