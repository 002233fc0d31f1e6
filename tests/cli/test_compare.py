"""`tracetf compare` as a person uses it: what comes out, and with which exit code."""

import json
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from tracetf.cli import main
from tracetf.trace import Event, Trace
from tracetf.trace.file import save


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command line in this process, in a folder of its own with some traces."""
    monkeypatch.chdir(tmp_path)
    keep("a", "encoder.x", 0.0)
    keep("same", "encoder.x", 1e-6)
    keep("other", "encoder.x", 0.25)
    keep("theirs", "enc.block.y", 0.25)
    keep("later", "encoder.x", 0.0, phase="encode")
    (tmp_path / "junk").write_bytes(b"not a file of ours")
    (tmp_path / "names.json").write_text(json.dumps({"enc.block": "encoder"}))
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "numbers.json").write_text('{"enc": 1}')

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["tracetf", "compare", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        return Ran(code, *capsys.readouterr())

    return run


def keep(name, path, number, phase="forward"):
    trace = Trace(vocabularies={})
    trace.append(Event(0, 0, phase, path, ("batch", "key"), np.array([[number, 1.0]])))
    save(trace, name)


def test_equal_runs_end_with_code_0(run):
    assert run("a", "same") == Ran(0, "a  a\nb  same\n\nequal: 1 steps agree within 2e−5\n", "")


def test_runs_that_differ_end_with_code_1_and_the_first_step(run):
    ran = run("a", "other", "--width", "80")
    assert ran.code == 1
    assert ran.out.startswith(
        "a  a\nb  other\n\nencoder.x (forward) is the first that differs\n"
        "  key 0: 0.00 against 0.25, Δ 0.25 (1 of 2 numbers)\n"
    )
    assert ran.err == ""


def test_the_tolerance_is_the_readers(run):
    assert run("a", "other", "--tolerance", "0.3").code == 0
    assert run("a", "same", "--tolerance", "0").code == 1


def test_it_speaks_korean(run):
    assert "encoder.x (forward)에서 처음 달라집니다" in run("a", "other", "--lang", "ko").out
    assert "같습니다." in run("a", "same", "--lang", "ko").out


@pytest.mark.parametrize(
    "options",
    [
        ["--rename", "enc.block.y=encoder.x"],
        ["--rename", "*.y=*.x", "--rename", "enc.block=encoder"],
        ["--names", "names.json", "--rename", "*.y=*.x"],
    ],
)
def test_other_names_are_told_on_the_command_line_or_in_a_file(run, options):
    ran = run("a", "theirs", *options)
    assert ran.code == 1
    assert "encoder.x (forward) is the first that differs" in ran.out
    assert "  b: enc.block.y\n" in ran.out


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["a", "nowhere"], "nowhere", "check the path"),
        (["junk", "a"], "junk is not a whole trace", "--save FILE"),
        (["a"], "Missing argument 'B'", "compare --help"),
        (
            ["a", "theirs"],
            "no step of b is called as one of a: b has enc.block.y",
            "say what is what: names=",
        ),
        (["a", "later"], "the runs share paths but no phase", "record both in the same way"),
        (["a", "same", "--tolerance", "-1"], "tolerance=-1.0 is no distance", "give 0 or more"),
        (["a", "same", "--tolerance", "nan"], "tolerance=nan is no distance", "give 0 or more"),
        (["a", "theirs", "--rename", "enc"], "'enc' is no new name", "write THEIRS=OURS"),
        (["a", "theirs", "--rename", "=encoder"], "'=encoder' is no new name", "write THEIRS=OURS"),
        (["a", "theirs", "--rename", "dec=decoder"], "no path is called 'dec'", "nearest: "),
        (["a", "theirs", "--names", "nowhere"], "nowhere", "check the path"),
        (["a", "theirs", "--names", "junk"], "junk is no JSON object of names", 'write {"theirs": "ours"}'),
        (["a", "theirs", "--names", "list.json"], "list.json is no JSON object of names", "write"),
        (["a", "theirs", "--names", "numbers.json"], "numbers.json is no JSON object of names", "write"),
    ],
)
def test_what_cannot_be_compared_ends_with_code_2_and_the_remedy(run, words, error, hint):
    ran = run(*words)
    said, _, hinted = ran.err.partition("\n\nhint: ")
    assert ran.code == 2
    assert ran.out == ""
    assert error in said
    assert said.startswith("error: ")
    assert hint in hinted
    assert "Traceback" not in ran.err


def test_colours_come_only_where_they_are_asked_for(run):
    assert "\x1b[" in run("a", "other", "--color", "always").out
    assert "\x1b[" not in run("a", "other").out


def test_comparing_imports_no_torch_and_ends_quietly_under_head(run, tmp_path):
    code = (
        "import sys; from tracetf.cli import main; sys.argv = ['tracetf', 'compare', 'a', 'other']\n"
        "try: main()\nfinally: print('torch' in sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (1, "False\n")
    line = f"set -o pipefail; {sys.executable} -m tracetf compare a a | head -n 1"
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
