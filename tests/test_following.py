"""Which models `record` follows: any, its own layers or somebody else's."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tracetf.recorder import record
from tracetf.taps import tap
from tracetf.trace import verify


class Gate(nn.Module):
    """A layer of somebody's own."""

    def forward(self, x: Tensor, *, shift: Tensor) -> Tensor:
        opened = torch.sigmoid(x + shift)
        tap("batch token gate", opened=opened)
        return opened


class Theirs(nn.Module):
    """A model of somebody's own, with a layer that taps and one that does not."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.gate = Gate()

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(self.linear(x), shift=torch.ones(3))


def test_a_tap_may_say_its_axes_itself():
    with record(model := Theirs()) as trace:
        model(torch.zeros(1, 2, 3))
    assert trace["gate.opened"].sizes == "batch=1 token=2 gate=3"


def test_axes_that_do_not_fit_are_refused():
    class Wrong(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            tap("batch token", x=x)
            return x

    with record(model := Wrong()) as trace:
        model(torch.zeros(1, 2, 3))
    with pytest.raises(ValueError, match="x has 3 axes, and 'batch token' names 2; name every axis once"):
        list(trace)


def test_unknown_steps_have_their_axes_counted():
    class Plain(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            tap(thing=x)
            return x

    with record(model := Plain()) as trace:
        model(torch.zeros(1, 2))
    assert trace["thing"].axes == ("axis_0", "axis_1")


def test_modules_without_taps_are_recorded_at_their_borders():
    with record(model := Theirs(), modules=True) as trace:
        expected = model(torch.zeros(1, 2, 3))
    assert [event.path for event in trace] == ["linear.output", "gate.opened", "output"]
    assert np.array_equal(trace["output"].value, expected.detach().numpy())
    assert trace["gate.opened"].inputs == {"x": trace["linear.output"].order}


def test_torchs_own_transformer_is_recorded_at_its_borders():
    torch.manual_seed(0)
    model = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False
    )
    with record(model, modules=True) as trace:
        memory = model(torch.randn(2, 5, 8))
    assert np.array_equal(trace["output"].value, memory.detach().numpy())
    assert {"layers.0.self_attn.output_0", "layers.1.linear2.output", "layers.1.output"} <= {
        event.path for event in trace
    }


def test_whatever_model_runs_is_followed(model, source, target, content, solo):
    with record() as trace:
        model(source, target)
    assert content(trace) == solo(model, source, target)
    assert trace.dimensions["d_model"] == model.dimensions.d_model
    assert verify(trace)


def test_a_model_is_followed_from_its_methods_too(model, source, target):
    with record() as trace:
        memory, mask = model.encode(source)
        model.decode(target, memory, mask)
    assert next(iter(trace)).path == "source"
    assert "decoder.layers.1.cross_attention.weights" in trace
    assert verify(trace)


def test_a_second_model_has_its_name_before_its_paths(model, source, target):
    other = Theirs()
    with record() as trace:
        model(source, target)
        other(torch.zeros(1, 2, 3))
    assert "encoder.embedded" in trace
    assert "Theirs.gate.opened" in trace


def test_nothing_is_left_on_a_model_that_was_met(model, source, target):
    with record():
        model(source, target)
    assert all("forward" not in module.__dict__ for module in model.modules())
    assert not nn.modules.module._global_forward_pre_hooks


def test_a_forward_of_ones_own_is_put_back():
    model = Theirs()
    own = model.linear.__dict__["forward"] = lambda x: x + 1
    with record(model), record(model):
        model(torch.zeros(1, 2, 3))
    assert model.linear.__dict__["forward"] is own
    assert "forward" not in model.gate.__dict__
