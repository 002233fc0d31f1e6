"""The command line as a person uses it: what comes out, what goes wrong, and what is left behind."""

import json
import subprocess
import sys

import pytest


def test_trace_follows_a_sentence_out_to_its_translation(run):
    ran = run("trace", "I am a student", "--width", "100")
    assert ran.code == 0
    for phase in ("encode", *(f"decode {word}" for word in range(1, 7))):
        assert f"\n {phase} " in ran.out
    assert "I am a student  →  나는 학생이다.\n" in ran.out
    assert "\x1b" not in ran.out


def test_trace_with_a_target_forces_it(run):
    ran = run("trace", "I am a student", "--target", "나는 학생이다", "--only", "*.masked")
    assert ran.code == 0
    assert " forward " in ran.out
    assert "##이다 → ." in ran.out


def test_a_forced_target_is_told_row_by_row(run):
    ran = run("trace", "I am a student", "--target", "나는 학생이다", "--width", "100")
    assert "expected = the target, one word further" in ran.out
    [row] = [line for line in ran.out.splitlines() if line.strip().startswith("##는 → 학생  학생 ")]
    assert row.endswith("%")


def test_the_shipped_model_is_as_good_as_we_say(run):
    said = [line.split() for line in run("evaluate").out.splitlines()]
    shares = {words[0]: float(words[1].removesuffix("%")) for words in said[1:8]}
    least = {"validation": 99, "iid": 99, "pair": 99, "role": 97, "rev": 99, "struct": 0, "shown": 100}
    assert shares.keys() == least.keys()
    assert all(shares[name] >= share for name, share in least.items())
    heads = {words[0]: [float(share.removesuffix("%")) for share in words[1:]] for words in said[9:]}
    assert list(heads) == [f"decoder.layers.{layer}.cross_attention" for layer in (0, 1)]
    assert max(heads["decoder.layers.1.cross_attention"]) >= 95


def test_verify_recomputes_every_number(run):
    for options in ([], ["--cached"], ["--target", "나는 학생이다"]):
        ran = run("trace", "I go home", *options, "--only", "*choice*,", "--only", "*.Q", "--verify")
        assert ran.code == 0
        checked, total = ran.out.splitlines()[-1].split(" steps recomputed")[0].split(" of ")
        assert checked == total
        assert int(total) > 100


def test_json_is_strict_and_holds_every_event(run):
    ran = run("trace", "I go home", "--json", "-")
    head, *events = [json.loads(line, parse_constant=pytest.fail) for line in ran.out.splitlines()]
    assert head["kind"] == "trace"
    assert len(events) > 300
    masked = [e for e in events if e["path"] == "decoder.layers.0.self_attention.masked" and e.get("masked")]
    assert masked[0]["value"][0][0][0][1] is None


def test_a_kept_trace_is_shown_as_it_was(run):
    traced = run("trace", "I go home", "--save", "run.safetensors", "--only", "*.weights")
    shown = run("show", "run.safetensors", "--only", "*.weights", "--verify")
    assert shown.code == 0
    assert (
        shown.out.split("I go home")[0].splitlines()[:-1] == traced.out.split("\nI go home")[0].splitlines()
    )


def test_step_names_are_explained_in_both_languages(run):
    assert "−∞" in run("explain", "masked").out
    assert "마스크" in run("explain", "attention.masked", "--lang", "ko").out
    assert run("explain", "output").out.count("formula:") == 3
    assert "Attention weights" in run("explain", "decoder.layers.1.cross_attention.weights").out


def test_sentences_are_translated_in_order(run):
    ran = run("translate", "I am a student", "we go home", "do you eat an apple")
    assert ran.out.splitlines() == ["나는 학생이다.", "우리는 집에 간다.", "너는 사과를 먹니?"]


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["trace", ""], "the sentence is empty", "give at least one word"),
        (["trace", " \t "], "the sentence is empty", "give at least one word"),
        (["trace", "a " * 10_000], "10,001 words, and the model has positions for 63", "shorter sentences"),
        (["trace", "a\x07b"], "control character U+0007 at position 1", "plain text"),
        (["trace", "a\udcffb"], "control character U+DCFF at position 1", "plain text"),
        (["trace", "I go home", "--model", "nowhere"], "nowhere", "check the path"),
        (["trace", "I go home", "--model", "junk"], "junk is not a whole checkpoint", "tracetf train"),
        (["show", "junk"], "junk is not a whole trace", "--save FILE"),
        (["show", "nowhere"], "nowhere", "check the path"),
        (["show", "."], ".: Is a directory", "check the path"),
        (["trace", "I go home", "--model", "."], ".: Is a directory", "check the path"),
        (["trace", "I go home", "--only", "encoder.layer.*"], "no step matches", "encoder.layers."),
        (["trace", "I go home", "--phase", "decode 99"], "no step matches", "decode 1"),
        (["trace", "I go home", "--layer", "2"], "--layer 2 is not there", "layers 0 to 1"),
        (["trace", "I go home", "--head", "4"], "--head 4 is not there", "heads 0 to 3"),
        (["trace", "I go home", "--width", "5"], "5 is not in the range 40<=x<=1000", "trace --help"),
        (["trace", "I go home", "--save", "no/where"], "no such folder to write to", "check the path"),
        (["trace", "I go home", "--json", "no/where"], "no such folder to write to", "check the path"),
        (["trace", "I go home", "--target", ""], "the sentence is empty", "give at least one word"),
        (["trace", "I go home", "--target", "나", "--cached"], "--cached has no meaning", "trace --help"),
        (["trace", "I go home", "--train", "--cached"], "no meaning with --train", "trace --help"),
        (["trace", "I go home", "--after", "3"], "--after counts training steps", "give --train as well"),
        (["trace", "I go home", "--train", "--target", ""], "the sentence is empty", "at least one word"),
        (["trace", "", "--train"], "the sentence is empty", "give at least one word"),
        (["trace", "I go home", "--train", "--after", "-1"], "-1", "trace --help"),
        (["explain", "scroes"], "no step is called 'scroes'", "scores"),
        (["train", "--out", "junk"], "junk", "check the path"),
        (["teach"], "No such command 'teach'", "--help"),
    ],
)
def test_a_mistake_gets_a_clear_message_and_loses_nothing(run, tmp_path, words, error, hint):
    (tmp_path / "junk").write_bytes(b"not a file of ours")
    ran = run(*words)
    said, _, hinted = ran.err.partition("\n\nhint: ")
    assert ran.code == 2
    assert error in said
    assert said.splitlines()[-1].startswith("error: ")
    assert hint in hinted
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["junk"]


def test_a_checkpoint_is_no_trace_and_a_trace_no_checkpoint(run):
    run("trace", "I go home", "--save", "run.safetensors", "--only", "source")
    assert "is not a tracetf checkpoint" in run("trace", "I go home", "--model", "run.safetensors").err


@pytest.mark.filterwarnings("default")
def test_unknown_words_are_named_and_still_traced(run):
    ran = run("trace", "The weather is nice", "--only", "*.cross_attention.weights", "--phase", "decode 1")
    assert ran.code == 0
    assert "warning: outside what the model learned: weather, nice" in ran.err
    assert "<unk>" in ran.out


def test_a_reader_who_has_seen_enough_may_leave():
    line = f'set -o pipefail; {sys.executable} -m tracetf trace "I go home" --full | head -n 3'
    ran = subprocess.run(["bash", "-c", line], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("options", "environment", "coloured"),
    [
        (["--color", "always"], {}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        ([], {}, False),
    ],
)
def test_colours_come_only_where_they_can_be_seen(run, monkeypatch, options, environment, coloured):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = run("trace", "I go home", "--only", "choice", *options)
    assert ("\x1b[" in ran.out) is coloured


def test_reading_commands_import_no_torch(run, tmp_path):
    run("trace", "I go home", "--save", "run.safetensors", "--only", "*.weights")
    for words in (
        ["--help"],
        ["trace", "--help"],
        ["train", "--help"],
        ["explain", "scores"],
        ["show", "run.safetensors"],
    ):
        code = (
            "import sys; from tracetf.cli import main; sys.argv = ['tracetf', *sys.argv[1:]]\n"
            "try: main()\nfinally: print('torch' in sys.modules, file=sys.stderr)"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=tmp_path, check=True
        )
        assert ran.stderr == "False\n", words


def test_stepping_waits_for_enter_and_stops_at_the_end_of_input(run, monkeypatch):
    ran = run("trace", "I go home", "--only", "choice", "--step")
    assert ran.code == 0
    assert ran.out.count("Greedy choice") == len(["나", "##는", "집", "##에", "간", "##다", ".", "</s>"])
