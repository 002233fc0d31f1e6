"""One training step, watched: the same numbers as unwatched, all of them recomputed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

import tracetf
from tracetf.recorder import record
from tracetf.shipped import load
from tracetf.taps import tap
from tracetf.trace import Trace, verify
from tracetf.training import clip as clipping
from tracetf.training import schedule
from tracetf.training.adam import Adam
from tracetf.training.clip import clip
from tracetf.training.loss import smoothed_loss
from tracetf.training.step import gradients
from tracetf.training.watched import Pupil

MOMENT = "encoder.embedding.weight.adam.moment_1"
Make = Callable[..., Pupil]


def bits(pupil: Pupil) -> list[bytes]:
    tensors = [*pupil.model.state_dict().values(), *pupil.adam.state().values(), torch.get_rng_state()]
    return [tensor.numpy().tobytes() for tensor in tensors]


def watched(pupil: Pupil) -> Trace:
    with record(pupil.model) as trace:
        pupil.step()
    return trace


def test_watching_changes_no_bit(pupil: Make) -> None:
    alone, seen = pupil(), pupil()
    losses = [[], []]
    for _ in range(3):
        losses[0].append(alone.step().item())
        with record(seen.model):
            losses[1].append(seen.step().item())
    assert losses[0] == losses[1]
    assert bits(alone) == bits(seen)


def test_a_step_has_four_phases(runs: dict[str, Trace]) -> None:
    trace = runs["learned"]
    assert trace.phases == ["forward", "loss", "backward", "update"]
    assert {event.step.room for event in trace.select(phase="loss")} == {"loss"}
    assert {event.step.room for event in trace.select(phase="backward")} == {"gradient"}
    assert {event.step.room for event in trace.select(phase="update")} == {"schedule", "adam"}


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("norm", ["post", "pre"])
def test_every_number_of_a_step_is_recomputed(dropout: float, norm: str, pupil: Make) -> None:
    one = pupil(dropout=dropout, norm=norm)
    for _ in range(3):
        trace = watched(one)
        report = verify(trace)
        assert report, str(report)
        assert report.gradients > 100
        assert report.gradients_worst[0] < 5e-6


def test_the_loss_and_gradients_are_those_of_the_trainer(pupil: Make) -> None:
    one, other = pupil(dropout=0.0), pupil(dropout=0.0)
    trace = watched(one)
    words = other.target_ids.shape[1] - 1
    loss = gradients(other.model.train(), other.source_ids, other.target_ids, one.settings.smoothing, words)
    torch.testing.assert_close(torch.from_numpy(trace["loss.loss"].value), loss)
    for name, weight in other.parameters.items():
        theirs = torch.from_numpy(trace[f"{name}.gradient.raw"].value)
        torch.testing.assert_close(theirs, weight.grad, rtol=1e-5, atol=1e-7)


def test_the_loss_of_a_pair_learned_again_and_again_falls(pupil: Make) -> None:
    one = pupil(dropout=0.0)
    losses = [one.step().item() for _ in range(60)]
    assert losses[-1] < losses[0] - 0.5


def test_later_steps_have_moments_of_earlier_ones(pupil: Make) -> None:
    one = pupil()
    first, second = watched(one), watched(one)
    path = "decoder.layers.0.cross_attention.W_Q.adam"
    assert not first[f"{path}.moment_1_before"].value.any()
    for moment in ("moment_1", "moment_2"):
        assert (second[f"{path}.{moment}_before"].value == first[f"{path}.{moment}"].value).all()
    assert (second[f"{path}.before"].value == first[f"{path}.after"].value).all()
    assert second["schedule.rate"].value == pytest.approx(2 * first["schedule.rate"].value)


def test_the_weight_that_two_places_share_is_learned_once(runs: dict[str, Trace]) -> None:
    assert "decoder.embedding.weight.adam.after" in runs["learned"]
    assert "output.weight.adam.after" not in runs["learned"]


def test_the_settings_are_those_of_the_models_own_training() -> None:
    model = load()
    pupil = Pupil(model, "I am a student")
    assert pupil.target == "나는 학생이다."
    for name in ("peak", "warmup", "smoothing", "clip"):
        assert getattr(pupil.settings, name) == model.provenance[name]
    assert not model.training


def test_a_model_that_writes_nothing_is_told_what_to_learn(
    pupil: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = pupil().model
    monkeypatch.setattr(model, "translate", lambda sentence: "")
    with pytest.raises(ValueError, match="writes nothing for this sentence; say with --target what to learn"):
        Pupil(model, "I am a student.")


@pytest.mark.parametrize(
    ("owner", "name", "faulty", "step"),
    [
        (torch, "log_softmax", torch.softmax, "loss.log_probabilities"),
        (torch.Tensor, "lerp_", lambda moment, gradient, _: moment.copy_(gradient), MOMENT),
        (clipping, "EPSILON", 0.1, "gradient.scale"),
        (schedule, "sqrt", lambda x: x / 2, "schedule.rate"),
    ],
    ids=["no logarithm", "no mean in the first moment", "another ε in clipping", "another decay"],
)
def test_a_fault_in_the_code_is_named(
    owner: Any, name: str, faulty: Any, step: str, pupil: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = pupil(norm="pre")
    one.adam.steps = 10**4  # well after the warm-up
    one.settings = replace(one.settings, clip=1e-3)
    monkeypatch.setattr(owner, name, faulty)
    report = verify(watched(one))
    assert step in [event.path for event, _ in report.disagreed], str(report)


def test_a_plain_loop_of_ones_own_is_verified_as_well(translator: tracetf.Translator) -> None:
    with record(translator) as trace:
        source, target = translator.pair("You are a teacher.", "너는 선생님이다.")
        expected = target[:, 1:]
        tap(expected=expected)
        logits = translator(source, target[:, :-1])
        smoothed_loss(logits, expected, 0.1, translator.padding, expected.numel()).backward()
    report = verify(trace)
    assert report, str(report)
    assert report.gradients
    translator.zero_grad()


def test_a_recording_without_a_model_follows_functions_too() -> None:
    layer = nn.Linear(3, 2)
    layer(torch.ones(1, 3)).sum().backward()
    with record() as trace:
        clip(dict(layer.named_parameters()), 1.0)
        Adam(dict(layer.named_parameters())).step(1e-3)
    assert trace["weight.gradient.raw"].axes == ("axis_0", "axis_1")
    report = verify(trace)
    assert not report.disagreed
    assert not report.unread
