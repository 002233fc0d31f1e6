"""`trace --train` as a person uses it."""

import json
from hashlib import sha256
from importlib.resources import files

from tracetf.trace.file import read_trace

ASKED = ("trace", "I am a student", "--train")


def test_a_training_step_is_told_phase_by_phase_and_verified(run):
    ran = run(*ASKED, "--verify", "--width", "100")
    assert ran.code == 0
    for phase in ("forward", "loss", "backward", "update"):
        assert f"\n {phase} " in ran.out
    assert "I am a student  →  나는 학생이다.\n" in ran.out
    assert "More: --phase loss" in ran.out
    steps, gradients = ran.out.splitlines()[-2:]
    assert steps.startswith("652 of 652 steps recomputed, worst Δ ")
    assert gradients.startswith("208 of 208 gradients recomputed, worst Δ ")


def test_a_target_of_ones_own_is_learned(run):
    ran = run(*ASKED, "--target", "나는 의사이다", "--phase", "loss", "--lang", "ko")
    assert ran.code == 0
    assert "##는 → 의사" in ran.out
    assert "정답 토큰" in ran.out


def test_a_later_step_has_other_moments_and_a_higher_rate(run):
    first, later = run(*ASKED).out, run(*ASKED, "--after", "2").out
    assert "min(1 / 200, √(200 / 1)) = 1.5·10⁻⁵" in first
    assert "This Adam begins here" in first
    assert "min(3 / 200, √(200 / 3)) = 4.5·10⁻⁵" in later
    assert "This Adam begins here" not in later


def test_no_model_is_changed(run):
    shipped = files("tracetf") / "models" / "student.safetensors"
    before = sha256(shipped.read_bytes()).digest()
    once, again = run(*ASKED).out, run(*ASKED).out
    assert once == again
    assert sha256(shipped.read_bytes()).digest() == before


def test_a_kept_step_is_shown_and_verified_as_it_was(run):
    told = run(*ASKED, "--save", "step.safetensors", "--width", "90").out
    shown = run("show", "step.safetensors", "--verify", "--width", "90")
    assert shown.code == 0
    assert "208 of 208 gradients recomputed" in shown.out
    lesson = told.split("\n\nI am a student")[0]
    assert lesson in shown.out
    trace = read_trace("step.safetensors")
    assert trace["encoder.layers.0.self_attention.W_Q.adam.after"].axes == ("head", "d_model", "d_k")


def test_json_lines_hold_the_same_events(run, translator, tmp_path):
    translator.checkpoint().write(tmp_path / "small.safetensors")
    ran = run(*ASKED, "--model", "small.safetensors", "--target", "나는 학생이다", "--json", "-")
    first, *lines = map(json.loads, ran.out.splitlines())
    assert first["phases"] == ["forward", "loss", "backward", "update"]
    by_path = {line["path"]: line for line in lines}
    assert by_path["loss.loss"]["gradient"] == 1
    assert by_path["schedule.rate"]["numbers"] == {"step": 1, "peak": 0.003, "warmup": 200}
    update = by_path["decoder.layers.0.cross_attention.W_Q.adam.update"]
    assert update["shape"] == [3, 12, 5]
    assert lines[update["inputs"]["gradient"]]["path"].endswith("W_Q.gradient.clipped")


def test_a_gradient_is_shown_below_its_value_on_demand(run):
    ran = run(*ASKED, "--only", "decoder.layers.1.self_attention.weights", "--head", "2")
    assert ran.code == 0
    assert "gradient · 10⁻" in ran.out
    assert "loss = (" not in ran.out


def test_the_new_steps_are_explained(run):
    for step in ("loss", "smoothed_target", "adam.update", "decoder.embedding.weight.gradient.raw"):
        ran = run("explain", step, "--lang", "ko")
        assert ran.code == 0
        assert "주의:" in ran.out
    assert "ε / (K − 1)" in run("explain", "smoothed_target").out
