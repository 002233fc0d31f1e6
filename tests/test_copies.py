"""What is recorded stays as it was, whatever becomes of it."""

import ctypes
from collections.abc import Callable

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor
from torch.nn.functional import dropout

from tracetf.recorder import record
from tracetf.recorder.keep import Keep
from tracetf.taps import tap

VALUES: dict[str, Callable[[], Tensor]] = {
    "of torch's own memory": lambda: torch.ones(3, 4),
    "a row of a larger one": lambda: torch.ones(5, 3, 4)[2],
    "columns of a larger one": lambda: torch.ones(3, 9)[:, 2:6],
    "turned": lambda: torch.ones(4, 3).mT,
    "an array's": lambda: torch.from_numpy(np.ones((3, 4))),
    "a file's": lambda: load(save({"ones": torch.ones(3, 4)}))["ones"],
    "shared between processes": lambda: torch.ones(3, 4).share_memory_(),
    "learned": lambda: torch.ones(3, 4, requires_grad=True),
    "made without gradients": torch.inference_mode()(lambda: torch.ones(3, 4)),
}
CHANGES: dict[str, Callable[[Tensor], object]] = {
    "added to": lambda value: value.add_(1),
    "a part written to": lambda value: value[0].zero_(),
    "written into by index": lambda value: value.__setitem__((0, 0), 7),
    "dropped out": lambda value: dropout(value, 0.9, inplace=True),
    "the output of a sum": lambda value: torch.add(value, 1, out=value),
    "changed as an array": lambda value: value.numpy().fill(7),
    "changed at its address": lambda value: ctypes.memset(value.data_ptr(), 0, value.element_size()),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_changed_after_a_tap_stays_as_it_was(value, change):
    with record() as trace:
        tap(value=(it := value()))
        with torch.inference_mode():
            change(it)
    assert not (it == 1).all()
    assert trace["value"].value.tolist() == np.ones((3, 4)).tolist()


def test_a_change_of_a_record_changes_nothing_else():
    with record() as trace:
        tap(value=(value := torch.ones(3)))
    trace["value"].value[:] = 7
    assert value.tolist() == [1, 1, 1]


def test_parameters_stay_as_they_were(model):
    with record(model) as trace:
        model.output.weight.data.zero_()
    assert trace.parameters["output.weight"].any()


@pytest.mark.parametrize(
    ("keep", "value"),
    [
        (Keep(), torch.ones(1000, 3)[5:7]),
        (Keep(), torch.ones(1000, 3, requires_grad=True)[5:7]),
        (Keep(first_in_batch=True), torch.ones(1000, 2, 3)),
    ],
    ids=["a slice", "one that is learned", "the first of a batch"],
)
def test_a_part_is_kept_without_the_rest(keep, value):
    assert keep.copy(value, batched=True).untyped_storage().nbytes() == 2 * 3 * 4


def test_a_change_that_torch_cannot_see_is_the_one_that_shows():
    value = torch.ones(3)
    array = value.numpy()
    with record() as trace:
        tap(value=value)
        array[:] = 7
    assert trace["value"].value.tolist() == [7, 7, 7]
