"""What `record` follows and what it keeps: any model, module outputs, gradients, less of each value."""

import weakref

import numpy as np
import pytest
import torch

from tracetf.recorder import record
from tracetf.taps import tap
from tracetf.trace import verify
from tracetf.trace.file import read_trace
from tracetf.trace.labels import STATISTICS
from tracetf.training.loss import smoothed_loss


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


def test_what_is_not_kept_is_not_held(monkeypatch):
    monkeypatch.setattr("tracetf.recorder.notes.AT_ONCE", 10_000)
    with record(only="nothing") as trace:
        tap(first=(value := torch.zeros(1000)))
        first = weakref.ref(value)
        for _ in range(3):
            tap(later=(value := torch.zeros(1000)))
        assert first() is None
    assert len(trace) == 0


def test_a_trace_may_be_read_while_it_is_written(model, source, target):
    with record(model) as trace:
        assert len(trace) == 0
        memory, mask = model.encode(source)
        half = len(trace)
        model.decode(target, memory, mask)
        assert len(trace) > half > 0


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
