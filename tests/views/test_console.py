"""What a reader sees in the terminal, held by golden text."""

import io
import os
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from tracetf.views.console import print_trace
from tracetf.views.story import Wish
from tracetf.words import LANGUAGES, words

GOLDEN = Path(__file__).parent / "golden"


def told_in_text(trace, wish=Wish(), language="en", width=100, color=None):  # noqa: B008 - frozen
    console = Console(file=io.StringIO(), width=width, color_system=color, force_terminal=True)
    print_trace(console, trace, wish, words(language))
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("name", "wish", "language", "width"),
    [
        ("story", Wish(), "en", 100),
        ("story_ko", Wish(), "ko", 100),
        ("narrow", Wish(phase="decode 3"), "en", 60),
        ("one_head", Wish(head=1, only="*.cross_attention.weights"), "en", 100),
    ],
)
def test_the_story_reads_as_it_did(told, name, wish, language, width):
    text = told_in_text(told, wish, language, width)
    golden = GOLDEN / f"{name}.txt"
    if "WRITE_GOLDEN" in os.environ:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_wider_than_the_terminal(told, width, language):
    for wish in (Wish(), Wish(full=True, phase="decode 3")):
        for line in told_in_text(told, wish, language, width).splitlines():
            assert cell_len(line) <= width, line


def test_plain_text_has_no_escapes_and_no_trailing_spaces(told):
    text = told_in_text(told)
    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_colours_change_no_number_and_no_word(told):
    plain = told_in_text(told, Wish(only="*.weights"))
    coloured = told_in_text(told, Wish(only="*.weights"), color="truecolor")
    assert "\x1b[" in coloured
    strip = Console(file=io.StringIO(), width=200, color_system=None)
    from rich.text import Text

    for line in coloured.splitlines():
        strip.print(Text.from_ansi(line))
    shades = str.maketrans("░▒▓█", "    ")
    assert strip.file.getvalue().split() == plain.translate(shades).split()


def test_hangul_columns_line_up(told):
    wish = Wish(only="decoder.layers.0.self_attention.weights", phase="decode 4", head=0)
    heading, *rows = told_in_text(told, wish).splitlines()[-5:]
    ends = {cell_len(heading[: heading.index(word)]) + cell_len(word) for word in heading.split()}
    for row in rows:
        for end in ends:
            before = 0
            place = next(
                i for i, sign in enumerate(row + " ") if (before := before + cell_len(sign)) > end - 1
            )
            assert row[place].isdigit(), (end, row)


def test_everything_is_told_when_asked_in_full(told):
    text = told_in_text(told, Wish(full=True), width=200)
    for event in told.select(phase="decode 1"):
        assert event.sizes in text
    assert "more steps" not in text


def test_a_sentence_of_explanation_is_told_once(told):
    sentence = words("en").steps["attention.scores"].what[:40]
    assert told_in_text(told, Wish(full=True), width=200).count(sentence) == 1


def test_rows_of_the_decoder_say_what_they_read_and_predict(told):
    text = told_in_text(told, Wish(only="decoder.layers.0.cross_attention.weights", phase="decode 3"))
    assert "나 → ##는" in text
    assert "##는 → 학생" in text


def test_masked_positions_are_shown_as_masked(told):
    text = told_in_text(told, Wish(only="decoder.layers.0.self_attention.masked", phase="decode 3", head=0))
    assert [line.count("−∞") for line in text.splitlines()[-3:]] == [2, 1, 0]


def test_pausing_happens_after_every_step(told):
    pauses = []
    console = Console(file=io.StringIO(), width=100, color_system=None)
    wish = Wish(only="encoder.layers.0.self_attention.*")
    print_trace(console, told, wish, words("en"), lambda: pauses.append(1))
    assert len(pauses) == len(told.select("encoder.layers.0.self_attention.*"))
