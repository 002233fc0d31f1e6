"""A step of somebody's own: labelled, verified and explained like ours."""

import io

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

import tracetf
from tracetf.steps import STEPS
from tracetf.steps.table import room
from tracetf.views.console import print_trace
from tracetf.views.story import Wish
from tracetf.words import words


class Gate(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.eye(3))
        self.steepness = 2.0

    def forward(self, x: Tensor) -> Tensor:
        opened = torch.sigmoid(self.steepness * x @ self.W)
        tracetf.tap(opened=opened)
        return opened


@pytest.fixture
def own():
    @tracetf.step(
        "gate.opened",
        "batch token gate",
        formula="opened = σ(steepness · x W)",
        reads="x W steepness",
        title="Open gate",
        what="How far each gate is open.",
    )
    def opened(x, W, steepness):
        return 1 / (1 + np.exp(-steepness * (x @ W)))

    yield
    del STEPS["gate.opened"]
    room.cache_clear()


def test_it_has_its_axes_and_is_verified(own):
    model = nn.ModuleDict({"scale": nn.Linear(3, 3), "my_gate": Gate()})
    with tracetf.record(model, modules=True) as trace:
        model["my_gate"](model["scale"](torch.randn(1, 2, 3)))
    assert trace["my_gate.opened"].sizes == "batch=1 token=2 gate=3"
    report = tracetf.verify(trace)
    assert report.checked == 1
    assert not report.disagreed


def test_a_layer_that_computes_something_else_is_named(own):
    class Faulty(Gate):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.clone() + 0.1)

    model = nn.ModuleDict({"source": nn.Identity(), "gate": Faulty()})
    with tracetf.record(model, modules=True) as trace:
        model["gate"](model["source"](torch.randn(1, 2, 3)))
    assert [event.path for event, _ in tracetf.verify(trace).disagreed] == ["gate.opened"]


def test_it_is_told_with_its_own_words(own):
    model = nn.ModuleDict({"gate": Gate()})
    with tracetf.record(model) as trace:
        model["gate"](torch.randn(1, 2, 3))
    console = Console(file=io.StringIO(), width=80, color_system=None)
    print_trace(console, trace, Wish(full=True), words("ko"))
    assert "Open gate  opened = σ(steepness · x W)" in console.file.getvalue()
    assert "How far each gate is open." in console.file.getvalue()


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(ValueError, match=r"step 'attention\.scores' is in the table already; choose another"):
        tracetf.step("attention.scores", "batch", formula="", reads="x")(lambda x: x)


def test_a_name_without_a_room_is_refused():
    with pytest.raises(ValueError, match=r"step 'opened' has no room; name it room\.step"):
        tracetf.step("opened", "batch", formula="", reads="x")(lambda x: x)
