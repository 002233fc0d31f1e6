"""What `record` follows and what it keeps: any model, module outputs, gradients, less of each value."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tracetf.recorder import record
from tracetf.taps import tap
from tracetf.trace import verify
from tracetf.trace.file import read_trace
from tracetf.trace.labels import STATISTICS
from tracetf.training.loss import smoothed_loss


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


def test_after_a_backward_every_event_has_its_gradient(build, source, target):
    def loss(model):
        logits = model(source, target)
        return logits.square().mean(), logits

    model = build()
    plain, _ = loss(model)
    plain.backward()
    expected = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    model.zero_grad()
    with record(model) as trace:
        watched, logits = loss(model)
        watched.backward()
    assert torch.equal(watched, plain)
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter.grad, expected[name]), name
    by_hand = 2 * logits.detach().numpy() / logits.numel()
    assert np.allclose(trace["output.logits"].gradient, by_hand, atol=1e-7)
    for event in trace:
        if event.value.dtype == np.float32 and event.name != "waves":
            assert event.gradient.shape == event.value.shape, event.path
            assert np.isfinite(event.gradient).all(), event.path
        else:
            assert event.gradient is None, event.path


def test_without_a_backward_there_is_no_gradient(model, source, target):
    with record(model) as trace:
        model(source, target)
    assert all(event.gradient is None for event in trace)


def test_only_takes_several_globs(model, source, target):
    with record(model, only=["*.weights", "output.*"]) as trace:
        model(source, target)
    assert {event.name for event in trace} == {"weights", "logits"}


def test_layers_keeps_what_is_in_no_layer(model, source, target):
    with record(model, layers=[1]) as trace:
        model(source, target)
    paths = {event.path for event in trace}
    assert "encoder.embedded" in paths
    assert "encoder.layers.1.self_attention.Q" in paths
    assert not any(".layers.0." in path for path in paths)


def test_the_first_sentence_alone_may_be_kept(model, source, target, solo):
    with record(model) as whole:
        model(source, target)
    with record(model, first_in_batch=True) as first:
        model(source, target)
    for event in first:
        assert np.array_equal(
            event.value, whole[event.path].value[:1] if "batch" in event.axes else event.value
        )
    assert verify(first)


def learned(model, source, target, narrowed):
    with record(model, first_in_batch=narrowed) as trace:
        logits = model(source, target[:, :-1])
        tap(expected=(expected := target[:, 1:]))
        smoothed_loss(logits, expected, 0.1, model.padding, int((expected != 0).sum())).backward()
    return trace


def test_what_adds_up_all_sentences_is_not_recomputed_from_the_first(build, source, target, tmp_path):
    trace = learned(build(), source, target, narrowed=True)
    trace.save(tmp_path / "first.safetensors")
    for one in (trace, read_trace(tmp_path / "first.safetensors")):
        report = verify(one)
        assert report.disagreed == report.gradients_disagreed == []
        assert {event.path for event, _ in report.unread} == {"loss.loss"}
        assert "loss.loss reads every sentence of a batch, and the first alone was recorded" in str(report)
    assert not verify(learned(build(), source, target, narrowed=False)).unread


def test_of_a_batch_of_one_the_first_is_all(build, source, target):
    trace = learned(build(), source[:1], target[:1], narrowed=True)
    assert not trace.first_in_batch
    assert verify(trace)


def test_statistics_stand_for_the_numbers(model, source, target):
    with record(model) as whole:
        model(source, target)
    with record(model, statistics=True) as told:
        model(source, target)
    path = "decoder.layers.0.self_attention.masked"
    value = whole[path].value
    finite = value[np.isfinite(value)].astype(np.float64)
    expected = [finite.mean(), finite.std(), finite.min(), finite.max(), np.isneginf(value).mean()]
    assert np.allclose(told[path].value, expected)
    assert told[path].axes == ("statistic",)
    assert told[path].labels["statistic"] == (STATISTICS,)
    assert whole["source"] is not None
    assert told["source"].shape == whole["source"].shape
    report = verify(told)
    assert not report
    assert "only statistics were recorded" in str(report)


def test_a_budget_stops_the_recording_and_not_the_run(model, source, target):
    told = r"recording stopped at \S+, where values would take more than 4,000 bytes; narrow it"
    with pytest.warns(UserWarning, match=told), record(model, budget=4000) as trace:
        logits = model(source, target)
    assert logits.shape[0] == len(source)
    assert 0 < sum(event.value.nbytes for event in trace) <= 4000
    assert "raise budget=" in trace.notice


def test_a_trace_may_be_read_while_it_is_written(model, source, target):
    with record(model) as trace:
        assert len(trace) == 0
        memory, mask = model.encode(source)
        half = len(trace)
        model.decode(target, memory, mask)
        assert len(trace) > half > 0


def test_a_dropped_trace_leaves_no_garbage(model, source, target):
    import gc
    import weakref

    with record(model) as trace:
        model(source, target)
    gone = weakref.ref(trace)
    gc.disable()
    try:
        del trace
        assert gone() is None
    finally:
        gc.enable()


def test_a_long_run_goes_to_its_file(model, source, target, content, tmp_path, monkeypatch):
    monkeypatch.setattr("tracetf.recorder.notes.AT_ONCE", 5_000)
    with record(model) as whole:
        model(source, target).square().mean().backward()
    with record(model, to=tmp_path / "run.safetensors") as trace:
        model(source, target).square().mean().backward()
    again = read_trace(tmp_path / "run.safetensors")
    assert content(trace) == content(again) == content(whole)
    for event in whole:
        assert np.array_equal(again[event.path].gradient, event.gradient) or event.gradient is None
    assert verify(again)


def test_a_run_that_fails_leaves_no_file(model, source, tmp_path):
    with pytest.raises(ValueError, match="17 words"), record(model, to=tmp_path / "run.safetensors"):
        model(source, torch.ones(2, 17, dtype=torch.long))
    assert not list(tmp_path.iterdir())
