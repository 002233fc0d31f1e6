"""`tracetf translate`: a line out for each line in, whatever is in them; and what is asked of the decoder."""

import io
import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STUDENT, HOME = "나는 학생이다.", "우리는 집에 간다."
LONG = b"word " * 200


@pytest.fixture
def fed(run, monkeypatch):
    """Return a function that runs `translate -` with these bytes on standard input."""

    def fed(text: bytes, *words: str):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
        return run("translate", "-", *words)

    return fed


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"I am a student\nWe go home\n", [STUDENT, HOME]),
        (b"I am a student\nWe go home", [STUDENT, HOME]),
        (b"I am a student\r\n\r\nWe go home\r\n", [STUDENT, "", HOME]),
        (b"\xef\xbb\xbfI am a student\n", [STUDENT]),
        (b"\n\n", ["", ""]),
        (b" \t \nWe go home\n", ["", HOME]),
        (b"", []),
        ("we\u2028go\u2029home\nI am\x0ba\x0cstudent\n".encode(), [HOME, STUDENT]),
        ("we\x85go\x1ehome\n".encode(), [HOME]),
    ],
)
def test_a_line_comes_out_for_each_that_goes_in(fed, text, lines):
    ran = fed(text)
    assert (ran.code, ran.out) == (0, "".join(f"{line}\n" for line in lines))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"\xff", "line 2 stays empty: it is not UTF-8: byte 0xFF at position 0"),
        (b"go \xed\xa0\x80", "line 2 stays empty: it is not UTF-8: byte 0xED at position 3"),
        (b"I \x07 go", "line 2 stays empty: the sentence holds the control character U+0007 at position 2"),
        (LONG, "line 2 stays empty: the sentence has 201 words, and the model has positions for 63"),
    ],
)
def test_a_line_that_cannot_be_read_stays_empty_and_is_named(fed, bad, reason):
    ran = fed(b"I am a student\n" + bad + b"\nWe go home\n")
    assert (ran.code, ran.out) == (1, f"{STUDENT}\n\n{HOME}\n")
    assert f"warning: {reason}" in ran.err


@given(st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@pytest.mark.filterwarnings("ignore")
def test_the_number_of_lines_is_kept_whatever_they_hold(fed, lines):
    ran = fed(b"".join(line + b"\n" for line in lines), "--batch", "2")
    assert ran.code in (0, 1)
    assert ran.out.count("\n") == len(lines)
    assert len(ran.out.splitlines()) == len(lines)


def test_the_batch_changes_nothing(fed):
    text = b"I am a student\n\nWe go home\nDo you eat an apple?\n"
    for more in ((), ("--beam", "3"), ("--temperature", "2", "--seed", "5")):
        assert fed(text, *more).out == fed(text, "--batch", "1", *more).out


def test_files_are_read_and_written_whole(run, tmp_path):
    (tmp_path / "in").write_bytes(b"I am a student\r\nWe go home")
    ran = run("translate", "--input", "in", "--output", "out")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "out").read_bytes() == f"{STUDENT}\n{HOME}\n".encode()


def test_a_file_may_be_written_over_itself(run, tmp_path):
    (tmp_path / "text").write_bytes(b"I am a student\n")
    assert run("translate", "--input", "text", "--output", "text").code == 0
    assert (tmp_path / "text").read_text(encoding="utf-8") == f"{STUDENT}\n"


def test_what_was_there_stays_when_translation_breaks_off(run, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert run("translate", "I go", "a\x07b", "--output", "out").code == 2
    assert (tmp_path / "out").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_same_sentence_is_drawn_differently_at_each_place_and_again_the_same(run):
    words = ["translate", *["I am a student"] * 4, "--temperature", "3"]
    drawn = run(*words).out
    assert len(set(drawn.splitlines())) == 4
    assert run(*words).out == drawn != run(*words, "--seed", "1").out


def test_a_beam_and_the_most_probable_word_agree_where_the_model_is_sure(run):
    assert run("translate", "I am a student", "--beam", "4", "--length-penalty", "1").out == f"{STUDENT}\n"
    assert run("translate", "I am a student", "--top-k", "1").out == f"{STUDENT}\n"


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ([], "no sentence given", "give one, or - to read standard input, or --input FILE"),
        (["I go", "--input", "in"], "both sentences and --input given", "give one of them"),
        (["--input", "nowhere"], "nowhere", "check the path"),
        (["I go", "--output", "no/where"], "no such folder to write to", "check the path"),
        (["I go", "--beam", "0"], "beam=0 must be at least 1", "--help"),
        (["I go", "--beam", "2", "--seed", "1"], "seed=1 has no meaning", "give temperature=1 as well"),
        (["I go", "--beam", "2", "--top-k", "3"], "beam=2 searches and top_k=3 draws", "choose one"),
        (["I go", "--length-penalty", "1"], "has no meaning without a beam", "give beam=4"),
        (["I go", "--batch", "0"], "0 is not in the range x>=1", "translate --help"),
        (["I go", "a\x07b"], "sentence 2: the sentence holds the control character", "plain text"),
        (["I go", "word " * 99], "sentence 2: the sentence has 100 words", "shorter sentences"),
    ],
)
def test_a_mistake_is_refused_before_anything_is_written(run, words, error, hint):
    ran = run("translate", *words)
    said, _, hinted = ran.err.partition("\n\nhint: ")
    assert (ran.code, ran.out) == (2, "")
    assert error in said
    assert hint in hinted


@pytest.mark.parametrize("more", [["--beam", "3"], ["--beam", "3", "--cached"], ["--temperature", "2"]])
def test_every_way_to_choose_is_traced_and_verified(run, more):
    ran = run("trace", "I go home", *more, "--only", "*choice*,", "--only", "*.Q", "--verify")
    assert ran.code == 0
    checked, total = ran.out.splitlines()[-1].split(" steps recomputed")[0].split(" of ")
    assert checked == total


def test_kept_hypotheses_and_drawn_words_are_told_at_each_word(run):
    beam = run("trace", "I go home", "--beam", "3", "--width", "100").out
    assert beam.count("words = the words with the best scores") == 8
    drawn = run("trace", "I go home", "--temperature", "1", "--top-k", "3", "--width", "100").out
    assert drawn.count("uniform ~ evenly from 0 to 1") == drawn.count("\n decode ")


def test_choosing_has_no_meaning_where_the_target_is_given(run):
    ran = run("trace", "I go home", "--target", "나", "--top-k", "3")
    assert ran.code == 2
    assert "--top-k has no meaning with --target: all words are read at once" in ran.err
