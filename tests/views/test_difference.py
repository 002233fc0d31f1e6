"""What a reader sees of two runs that differ, held by golden text."""

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tracetf.trace import Trace
from tracetf.trace.compare import compare
from tracetf.trace.renaming import renamed
from tracetf.views.difference import print_comparison, window
from tracetf.words import LANGUAGES, words

GOLDEN = Path(__file__).parent / "golden"


def shown(comparison, language="en", width=80, color=None):
    console = Console(file=io.StringIO(), width=width, color_system=color, force_terminal=True)
    print_comparison(console, comparison, words(language))
    return console.file.getvalue()


def altered(trace, change, glob="*", phase="*"):
    """Copy a trace with the value of some events changed."""
    chosen = {event.order for event in trace.select(glob, phase)}
    copy = Trace(trace.parameters, trace.constants, trace.dimensions, trace.vocabularies)
    for event in trace:
        copy.append(replace(event, value=change(event.value)) if event.order in chosen else event)
    return copy


def shorter(trace, path, phase):
    """Copy a trace with one event that has lost its last word."""
    copy = Trace(trace.parameters, trace.constants, trace.dimensions, trace.vocabularies)
    for event in trace:
        if (event.path, event.phase) == (path, phase):
            labels = {"token": (event.labels["token"][0][:-1],)}
            event = replace(event, value=event.value[:, :-1], labels=labels)
        copy.append(event)
    return copy


@pytest.fixture(scope="module")
def comparisons(told):
    weights = altered(told, lambda x: x + 1e-3, "output.logits", "decode 2")
    weights.parameters = {**told.parameters, "output.weight": told.parameters["output.weight"] + 0.5}
    masked = altered(told, lambda x: np.where(np.isneginf(x), 1.0, x), "*.masked")
    attn = {"*.self_attention": "*.attn"}
    return {
        "formula": compare(told, altered(told, lambda x: x / 4, "*attention.scaled")),
        "weights": compare(told, weights),
        "masked": compare(told, renamed(masked, attn), names={"*.attn": "*.self_attention"}),
        "sizes": compare(told, shorter(told, "decoder.embedded", "decode 3")),
        "ids": compare(told, altered(told, lambda x: x + 1, "choice", "decode 3")),
        "truths": compare(told, altered(told, np.logical_not, "source_mask")),
        "names": compare(told, renamed(told, attn)),
        "nothing": compare(told, Trace()),
        "equal": compare(told, told),
    }


@pytest.mark.parametrize(
    ("name", "case", "language", "width"),
    [
        ("differs", "formula", "en", 80),
        ("differs_ko", "formula", "ko", 120),
        ("differs_weights", "weights", "en", 80),
        ("differs_masked", "masked", "ko", 80),
        ("differs_sizes", "sizes", "en", 60),
        ("differs_names", "names", "en", 80),
    ],
)
def test_a_difference_reads_as_it_did(comparisons, name, case, language, width):
    text = shown(comparisons[case], language, width)
    golden = GOLDEN / f"{name}.txt"
    if "WRITE_GOLDEN" in os.environ:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_none_ends_in_spaces(comparisons, width, language):
    for comparison in comparisons.values():
        for line in shown(comparison, language, width).splitlines():
            assert cell_len(line) <= width, line
            assert line == line.rstrip()


@pytest.mark.parametrize("case", ["formula", "masked", "sizes", "ids", "truths", "names", "equal"])
def test_colours_change_no_number_and_no_word(comparisons, case):
    plain = shown(comparisons[case], width=160)
    coloured = shown(comparisons[case], width=160, color="truecolor")
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    shades = str.maketrans("░▒▓█", "    ")
    uncoloured = " ".join(Text.from_ansi(line).plain for line in coloured.splitlines())
    assert uncoloured.translate(shades).split() == plain.translate(shades).split()


def test_equal_runs_take_one_line(comparisons):
    assert shown(comparisons["equal"]) == "equal: 477 steps agree within 2e−5\n"


def test_why_nothing_could_be_compared_is_shown(comparisons):
    assert shown(comparisons["nothing"]).startswith("b holds no step, so there is nothing to compare")


@pytest.mark.parametrize("columns", [1, 3, 8, 100])
@pytest.mark.parametrize("case", ["formula", "weights", "masked", "ids", "truths"])
def test_the_number_that_differs_most_is_among_those_drawn(comparisons, case, columns):
    first = comparisons[case].first
    a, b, delta = window(first, columns)
    assert first.values[0] in a.values
    assert first.values[1] in b.values
    assert a.values.shape == b.values.shape == delta.values.shape
    assert a.values.shape[0] <= 5
    assert a.values.shape[1] <= columns


def test_a_small_delta_is_drawn_in_its_own_unit(comparisons):
    *_, delta = window(comparisons["weights"].first, 3)
    assert delta.title == "Δ × 10⁻³"
    assert delta.values == pytest.approx(1, abs=0.01)


def test_ids_and_truths_are_drawn_as_such(comparisons):
    assert [m.values.dtype.kind for m in window(comparisons["ids"].first, 3)] == ["i", "i", "i"]
    assert [m.values.dtype.kind for m in window(comparisons["truths"].first, 3)] == ["b", "b", "i"]


def test_the_misunderstanding_is_told_only_where_the_fault_may_be_in_the_step(comparisons):
    assert "Mind: The divisor is the root" in shown(comparisons["formula"])
    assert "Mind:" not in shown(comparisons["weights"])
