"""`trace --without` and `train --without` as a person uses them."""

import json

import pytest

from tracetf.dimensions import PARTS
from tracetf.shipped import load
from tracetf.trace.file import read_trace

ASKED = ("trace", "I am a student")
GIVEN = (*ASKED, "--target", "나는 학생이다")
BRIEF = ("--only", "source")  # nothing else of the run is told
GO = ("trace", "I go home", "--without", "positions", "--against", "home go I")
SIZES = "--d-model 8 --heads 2 --layers 1 --d-ff 8 --held-out 1 --steps 2 --batch 2 --batch-tokens 0"
LESS = ("--data", "pairs.tsv", "--tokens", "words", "--out", "less", *SIZES.split())


def summary(out, heading):
    """Return what is told after the run itself."""
    return out.partition(f"\n {heading} ")[2].partition("\n")[2]


@pytest.fixture
def small(translator, tmp_path):
    """Return the options that take a small model, which is quicker than the shipped one."""
    translator.checkpoint().write(tmp_path / "small.safetensors")
    return ("--model", "small.safetensors")


def test_both_translations_are_told_and_where_the_runs_part(run):
    ran = run(*ASKED, "--without", "scale", "--verify", "--width", "80")
    assert (ran.code, ran.err) == (0, "")
    assert "More: --layer 1" in ran.out.partition("\n without scale ")[0]
    told = summary(ran.out, "without scale").splitlines()
    assert told[:8] == [
        "  a  the whole model   I am a student  →  나는 학생이다.",
        "  b  without scale     I am a student  →  나는 학생이다.",
        "",
        "encoder.layers.0.self_attention.scaled (encode) is the first that differs",
        "  head 0, query 'i', key 'i': 5.32 against 21.28, Δ 16 (100 of 100 numbers)",
        "",
        "The formula is the same in both, but not what it read:",
        "  ✓ scores  encoder.layers.0.self_attention.scores",
    ]
    assert told[8] == "  ✗ d_k     a reads 16, b reads 1, Δ 15"
    growth = told.index("How the difference goes on: the largest |Δ|, two blocks for each power of ten")
    assert told[growth + 1].startswith("  encode    encoder.layers.0  ▇▇▇▇")
    assert told[-1].startswith("555 of 555 steps recomputed, worst Δ ")


@pytest.mark.parametrize(
    ("part", "first"),
    [
        ("positions", "encoder.embedded"),
        ("mask", "decoder.layers.0.self_attention.masked"),
        ("residual", "encoder.layers.0.self_attention_norm.mean"),
        ("norm", "encoder.layers.0.feed_forward.hidden"),
        ("feed-forward", "encoder.layers.0.feed_forward_norm.mean"),
        ("head:1.2", "encoder.layers.1.self_attention.output"),
        ("head:decoder.0.2", "decoder.layers.0.self_attention.output"),
        ("head:cross.0.2", "decoder.layers.0.cross_attention.output"),
    ],
)
def test_the_first_difference_is_where_the_part_was(run, small, part, first):
    ran = run(*GIVEN, *small, *BRIEF, "--without", part, "--verify")
    assert ran.code == 0
    told = summary(ran.out, f"without {part}")
    assert told.startswith(f"  a  the whole model\n  b  without {part}\n\n{first} (")
    assert "is the first that differs\n" in told
    assert "Not compared" not in told


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_same_words_in_another_order_make_the_same_rows_without_positions(run, width):
    ran = run(*GO, *BRIEF, "--width", str(width))
    told = summary(ran.out, "without positions").splitlines()
    assert max(map(len, told)) <= width
    header, *rows, verdict = told[-6:]
    assert header.split() == ["without", "positions", "with", "positions"]
    for word, row in zip(("i", "go", "home", "."), rows, strict=True):
        here, nearest, _, less, nearest_too, _, whole = row.split()
        assert (here, nearest, nearest_too) == (word, word, word)
        assert float(less.replace("−", "-")) < 2e-6 < 0.01 < float(whole)
    assert " ".join(verdict.split()) == "the same set not the same set"
    rows = "The rows that the encoder makes of 'I go home', each with the nearest row of 'home go I'"
    assert rows in " ".join(told)


def test_without_another_part_the_order_still_counts(run, small):
    assert (
        run(*ASKED, *small, *BRIEF, "--without", "norm", "--against", "student a am I").out.count(
            "not the same set"
        )
        == 2
    )


def test_it_speaks_korean(run, small):
    ran = run(*GIVEN, *small, *BRIEF, "--without", "mask", "--against", "student a am I", "--lang", "ko")
    assert "\n  a  온전한 모델\n  b  mask 없이\n\ndecoder" in ran.out
    assert "식은 양쪽이 같고, 읽은 값이 다릅니다:" in ran.out
    assert "다른 집합" in ran.out


def test_several_parts_may_be_left_out(run, small):
    ran = run(*ASKED, *small, "--without", "positions", "--without", "head:0.0", "--only", "*.nothing")
    assert "\n without positions, head:0.0 " in ran.out
    assert "No positions  nothing = 0" in ran.out


def test_what_is_kept_is_the_run_without_the_part(run, small, tmp_path):
    line = [*ASKED, *small, "--without", "mask", "--target", "나는 학생이다", "--save", "less.safetensors"]
    ran = run(*line, "--html", "less.html", "--json", "-")
    first, *lines = map(json.loads, ran.out.splitlines())
    assert first["phases"] == ["forward"]
    assert "decoder.open_mask" in {line["path"] for line in lines}
    assert read_trace("less.safetensors")["decoder.open_mask"].value.all()
    assert (tmp_path / "less.html").exists()
    shown = run("show", "less.safetensors", "--verify")
    assert shown.code == 0
    assert "Multi-Head Self-Attention without the mask" in shown.out
    assert "Masked Multi-Head Self-Attention" not in shown.out


def test_a_training_step_without_smoothing_has_another_target_and_loss(run, small):
    ran = run(*ASKED, *small, "--train", "--target", "나는 학생이다", "--without", "smoothing", "--verify")
    assert ran.code == 0
    told = summary(ran.out, "without smoothing")
    assert "loss.smoothed_target (loss) is the first that differs" in told
    assert "✗ smoothing          a reads 0.1, b reads 0, Δ 0.1" in told
    losses = [float(line.rpartition("loss ")[2]) for line in told.splitlines()[:2]]
    assert losses[0] != losses[1]
    assert "ε = 0," in ran.out


def test_a_training_step_without_the_mask_sees_what_it_must_predict(run, small):
    ran = run(*ASKED, *small, "--train", "--target", "나는 학생이다", "--without", "mask", "--verify")
    assert ran.code == 0
    told = " ".join(ran.out.split())
    assert "Without the mask each row sees every word, even the one that it must predict." in told
    assert "<s> <s> 나 ##는 학생 ##이다 . 나" in told


def test_both_models_learn_what_the_whole_one_writes(run):
    ran = run(*ASKED, *BRIEF, "--train", "--without", "residual")
    assert summary(ran.out, "without residual").count("I am a student  →  나는 학생이다.") == 2


def test_a_model_trained_without_a_part_goes_on_and_is_traced_without_it(run, tmp_path):
    pairs = "we go\t우리 간다\nyou see\t너 본다\nwe see\t우리 본다\nyou go\t너 간다\n"
    (tmp_path / "pairs.tsv").write_text(pairs, encoding="utf-8")
    assert run("train", *LESS, "--without", "norm").code == 0
    assert "complete: it has all of its 2 steps" in run("train", *LESS, "--resume").out
    ran = run("train", *LESS, "--without", "mask", "--resume")
    assert (ran.code, ran.out) == (2, "")
    assert "the training in less began with without='norm', not 'mask'" in ran.err
    assert load("less/checkpoint.safetensors").left_out == ("norm",)
    ran = run("trace", "we go", "--model", "less/checkpoint.safetensors", "--target", "너 본다", "--verify")
    assert ran.code == 0
    assert "normalized" not in ran.out


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (
            ["--without", "mosk"],
            "'mosk' is no part that can be left out",
            f"take {', '.join(PARTS)}, or head",
        ),
        (["--without", "head:2.0"], "head:2.0 is not there", "the model has layers 0 to 1 and heads 0 to 3"),
        (["--without", "head:0.4"], "head:0.4 is not there", "the model has layers 0 to 1 and heads 0 to 3"),
        (["--without", "mask", "--model", "gru"], "mask cannot be left out of a Recurrent", "take a Transf"),
        (["--without", "smoothing"], "smoothing is part of training", "give --train as well"),
        (["--against", "student a am I"], "--against holds two orders of words", "--without positions"),
        (["--without", "mask", "--against", " "], "sentence", ""),
    ],
)
def test_what_cannot_be_left_out_ends_with_code_2_and_the_remedy(run, words, error, hint):
    ran = run(*ASKED, *words)
    said, _, hinted = ran.err.partition("\n\nhint: ")
    assert (ran.code, ran.out) == (2, "")
    assert said.startswith("error: ")
    assert error in said
    assert hint in hinted
    assert "Traceback" not in ran.err
