"""`tracetf train`, `curves` and `evaluate` as a person uses them."""

import os
import signal
import subprocess
import sys

import pytest

from tests.trainings import same
from tracetf.training.settings import SETTINGS
from tracetf.views.progress import Reporter

LINE = """--preset tiny --tokens words --d-model 12 --heads 3 --layers 1 --d-ff 16 --longest 24 --held-out 2
--steps 6 --batch 4 --batch-tokens 0 --validate-every 3 --score 2 --threads 1"""
SMALL = LINE.split()
WATCHED = ["--data", "pairs.tsv", *SMALL, "--snapshots", "3", "--snapshot-sentence"]
PAIRS = [
    ("I am a student", "나는 학생이다"),
    ("you are a teacher", "너는 선생님이다"),
    ("we go home", "우리는 집에 간다"),
    ("he eats an apple", "그는 사과를 먹는다"),
    ("she sees a dog", "그녀는 개를 본다"),
    ("they like music", "그들은 음악을 좋아한다"),
]


@pytest.fixture(autouse=True)
def _pairs(tmp_path):
    (tmp_path / "pairs.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS), encoding="utf-8")


def test_a_model_is_trained_traced_and_judged(run, tmp_path):
    ran = run("train", "--data", "pairs.tsv", *SMALL)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("4 sentence pairs and 2 held out; ")
    lines = ran.out.splitlines()
    assert [line.split(" · ")[0] for line in lines if "held out: loss" in line] == [
        "step 3 of 6",
        "step 6 of 6",
    ]
    assert all(part in lines[-4] for part in ("perplexity", "right to the letter", "BLEU", "chrF"))
    assert [line.removeprefix("written: runs/tiny/") for line in lines[-3:]] == [
        *("checkpoint.safetensors", "loss.svg", "learning-rate.svg")
    ]
    model = ["--model", "runs/tiny/checkpoint.safetensors"]
    assert run("trace", "I am a student", *model, "--only", "source").code == 0
    judged = run("evaluate", *model, "--data", "pairs.tsv")
    assert [line.split()[0] for line in judged.out.splitlines()] == [
        *("loss", "nll", "perplexity", "exact_match", "bleu", "chrf", "bleu_signature", "chrf_signature")
    ]


def test_the_same_line_with_resume_goes_on(run):
    line = ["train", "--data", "pairs.tsv", *SMALL]
    run(*line)
    assert "the training is complete: it has all of its 6 steps" in run(*line, "--resume").out
    ran = run(*line, "--resume", "--steps", "8")
    assert "going on after step 6" in ran.out
    assert "step 8 of 8" in ran.out


def test_a_recurrent_model_is_trained_judged_traced_and_gone_on_with(run):
    line = ["train", "--preset", "gru-attention", "--corpus", "nano", "--d-model", "8", "--steps", "2"]
    assert run(*line, "--out", "small").code == 0
    assert "complete: it has all of its 2 steps" in run(*line, "--out", "small", "--resume").out
    model = ["--model", "small/checkpoint.safetensors"]
    assert "largest attention weight on a gold source word" in run("evaluate", *model).out
    told = run("trace", "I am a student", *model, "--train", "--target", "나는 학생이다", "--verify").out
    counts = [line.split()[0:3:2] for line in told.splitlines()[-2:]]
    assert all(recomputed == every for recomputed, every in counts)


@pytest.mark.parametrize("words", [["--columns", "1,2"], ["--damaged", "skip"]])
def test_what_is_said_of_a_file_needs_a_file(run, words):
    ran = run("evaluate", *words)
    assert (ran.code, ran.out) == (2, "")
    assert f"{words[0]} is about a file of pairs\n\nhint: give --data FILE as well" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_polite_kill_keep_everything(run, tmp_path, monkeypatch, number):
    line, step, before = ["train", "--data", "pairs.tsv", *SMALL], Reporter.step, signal.getsignal(number)

    def interrupted(reporter, at, *told):
        step(reporter, at, *told)
        if at == 4:
            os.kill(os.getpid(), number)

    run(*line, "--out", "whole")
    with monkeypatch.context() as patch:
        patch.setattr(Reporter, "step", interrupted)
        ran = run(*line)
    assert (ran.code, ran.err) == (128 + number, "")
    assert "stopped after step 5; everything is kept: go on with --resume" in ran.out
    assert signal.getsignal(number) is before
    assert run(*line, "--resume").code == 0
    same(tmp_path / "whole", tmp_path / "runs" / "tiny")


@pytest.fixture
def _interruptible():
    """Take Ctrl-C as a terminal hands it over: what a script starts in the background is born deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_the_second_ctrl_c_ends_it_at_once(run, monkeypatch):
    monkeypatch.setattr(Reporter, "step", lambda *_: [os.kill(os.getpid(), signal.SIGINT) for _ in "12"])
    ran = run("train", "--data", "pairs.tsv", *SMALL)
    assert ran.code == 130
    assert "stopped after" not in ran.out


def test_a_preset_on_resuming_only_says_where(run):
    run("train", "--data", "pairs.tsv", *SMALL)
    ran = run("train", "--resume", "--preset", "tiny")
    assert (ran.code, ran.err) == (0, "")
    assert "it has all of its 6 steps" in ran.out


def test_a_config_file_and_options_say_the_same(run, tmp_path):
    (tmp_path / "c.toml").write_text('data = "pairs.tsv"\nsteps = 2\nd-model = 18\n')
    assert run("train", *SMALL, "--config", "c.toml").out.startswith("4 sentence pairs")
    written = (tmp_path / "runs" / "tiny" / "settings.toml").read_text("utf-8")
    assert "\nsteps = 6 " in written
    assert "\nd_model = 12 " in written
    assert '\ndata = "pairs.tsv" ' in written
    assert run("train", "--config", "runs/tiny/settings.toml", "--out", "again").code == 0
    assert (tmp_path / "again" / "settings.toml").read_text("utf-8") == written


def test_it_is_told_in_korean_too(run):
    ran = run("train", "--data", "pairs.tsv", *SMALL, "--lang", "ko")
    assert "검증 손실" in ran.out
    assert "저장한 파일: runs/tiny/loss.svg" in ran.out


def test_curves_are_drawn_again(run, tmp_path):
    run("train", "--data", "pairs.tsv", *SMALL)
    picture = tmp_path / "runs" / "tiny" / "loss.svg"
    drawn = picture.read_text("utf-8")
    picture.unlink()
    ran = run("curves", "runs/tiny")
    assert ran.out.splitlines() == ["runs/tiny/loss.svg", "runs/tiny/learning-rate.svg"]
    assert picture.read_text("utf-8") == drawn
    run("curves", "runs/tiny", "--lang", "ko")
    assert "토큰당 손실" in picture.read_text("utf-8")


def test_snapshots_are_kept_beside_the_model(run, tmp_path):
    run("train", "--data", "pairs.tsv", *SMALL, "--snapshots", "3", "--snapshot-sentence", "we go home")
    paths = sorted((tmp_path / "runs" / "tiny" / "snapshots").iterdir())
    assert [path.name for path in paths] == [f"step-0000000{step}.safetensors" for step in (0, 3, 6)]
    shown = run("show", str(paths[1]), "--only", "*.weights", "--width", "100")
    assert " step 3 " in shown.out
    assert run("train", "--data", "pairs.tsv", *SMALL, "--force").code == 0
    assert not paths[0].exists()


def test_bleu_that_cannot_be_measured_is_said_once(run, monkeypatch):
    monkeypatch.setattr("tracetf.quality.has_bleu", lambda: False)
    ran = run("train", "--data", "pairs.tsv", *SMALL)
    assert (ran.code, ran.out.count("need sacrebleu: python -m pip install")) == (0, 1)
    assert "chrF 0" not in ran.out


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["--data", "nowhere.tsv"], "nowhere.tsv: No such file or directory", "check the path"),
        (["--preset", "student", "--data", "pairs.tsv"], "are two sources of pairs", "give one"),
        (
            ["--preset", "large"],
            "'large' is not one of 'student', 'gru', ",
            "train --help",
        ),
        (["--config", "nowhere.toml"], "nowhere.toml: No such file", "check the path"),
        (["--config", "bad.toml"], "no setting is called 'heds'", "nearest: heads"),
        (
            ["--heads", "7"],
            "d_model=64 does not split evenly into heads=7",
            "heads that divide it: 1, 2, 4, 8",
        ),
        (["--heads", "many"], "'many' is not a valid int", "train --help"),
        (["--hed", "7"], "No such option", "train --help"),
        (["--resume"], "runs/student holds no training to go on with", "begin one without --resume"),
        (["--resume", "--force"], "--resume goes on with a training and --force forgets it", "train --help"),
        (["--device", "cuda"], "needs a GPU, and torch", "leave device at cpu"),
        (["--data", "bad.tsv"], "1 of 2 lines are damaged: line 2 has no tab", "damaged=skip"),
        (["--data", "pairs.tsv", "--held-out", "4"], "held_out=4 of 6 pairs", "hold fewer out"),
        ([*WATCHED, "we go nowhere"], "snapshot_sentence='we go nowhere' is in no pair", "snapshot_target"),
        ([*WATCHED, "a " * 24, "--snapshot-target", "b"], "longest=24 tokens or more", "give a shorter one"),
    ],
)
def test_a_mistake_gets_a_clear_message_and_leaves_nothing(run, tmp_path, monkeypatch, words, error, hint):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    (tmp_path / "bad.toml").write_text("heds = 3")
    (tmp_path / "bad.tsv").write_text("a\tb\nc\n")
    before = sorted(tmp_path.rglob("*"))
    ran = run("train", *words)
    said, _, hinted = ran.err.partition("\n\nhint: ")
    assert ran.code == 2
    assert error in said
    assert hint in hinted
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_to_draw_is_said(run, tmp_path):
    assert "no-run/metrics.jsonl: No such file" in run("curves", "no-run").err
    (tmp_path / "metrics.jsonl").write_text("")
    assert "there is no step to draw\n\nhint: train at least one" in run("curves", ".").err


def test_every_setting_is_an_option_with_its_unit(run):
    told = " ".join(run("train", "--help").out.split())
    for name, one in SETTINGS.items():
        flag = f"--{name.replace('_', '-')}"
        help = one.metadata["help"]
        assert f"{help[0].upper()}{help[1:]}." in told, name
        if unit := one.metadata["unit"]:
            assert f"{flag} {unit.upper()} " in told, name


def test_drawing_imports_no_torch(run, tmp_path):
    run("train", "--data", "pairs.tsv", *SMALL)
    code = (
        "import sys; from tracetf.cli import main; sys.argv = ['tracetf', 'curves', 'runs/tiny']\n"
        "try: main()\nfinally: print('torch' in sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ran.stderr == "False\n"
