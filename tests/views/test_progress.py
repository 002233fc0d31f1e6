"""Progress that a person likes: one living line in a terminal, plain lines elsewhere."""

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tracetf.views import progress
from tracetf.views.progress import BETWEEN, Reporter, folded
from tracetf.words import words

FOUND = {"loss": 1.25, "nll": 0.5, "perplexity": 1.6487, "exact_match": 0.125, "bleu": 31.46, "chrf": 50.0}


@pytest.fixture
def clock(monkeypatch):
    """Let every look at the clock be a quarter of a second later."""
    ticks = iter(range(10_000))
    monkeypatch.setattr(progress, "monotonic", lambda: next(ticks) / 4)


def told(terminal=False, width=80, language="en", steps=6):
    out = StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system=None, legacy_windows=False)
    with Reporter(console, words(language).screen, 1000) as reporter:
        for step in range(1, steps + 1):
            reporter.step(step, 1 + (step - 1) // 2, 4.0 - step / 2, 1e-3 * step, 500)
            if step == 3:
                reporter.judged(3, FOUND)
    return out.getvalue()


def test_where_nobody_watches_there_is_a_line_an_epoch_and_a_line_a_judgement(clock):
    epoch_1, judged, epoch_2, last = told(width=40).splitlines()
    assert epoch_1 == (
        "step 2 of 1,000 · epoch 1 · loss 3.2500 · perplexity 25.79 · learning rate 2.00e-03 · "
        "2,000 tokens/s · 0:04:10 left"
    )
    assert judged == (
        "step 3 of 1,000 · held out: loss 1.2500 · perplexity 1.65 · right to the letter 12.5% · "
        "BLEU 31.5 · chrF 50.0"
    )
    assert epoch_2.startswith("step 4 of 1,000 · epoch 2 · loss 2.7500 · ")
    assert last.startswith("step 6 of 1,000 · epoch 3 · loss 2.2500 · ")


def test_the_last_step_is_told_once(clock):
    out = StringIO()
    with Reporter(Console(file=out, width=80), words("en").screen, 10) as reporter:
        reporter.step(10, 1, 1.0, 1.0, 5)
        reporter.judged(10, FOUND)
    assert out.getvalue().count("step 10 of 10") == 1


def test_a_terminal_shows_every_step_within_its_width_and_keeps_what_was_judged(clock):
    screen = told(terminal=True)
    assert "step 6 of 1,000 · epoch 3" in screen
    assert "held out: loss 1.2500" in screen
    assert max(map(cell_len, screen.replace("\x1b[2K", "").replace("\r", "\n").split("\n"))) <= 80 + 10


def test_korean_has_the_same_numbers(clock):
    korean = told(language="ko").splitlines()
    assert "손실 3.2500 · 퍼플렉서티 25.79 · 학습률 2.00e-03" in korean[0]
    assert "검증 손실 1.2500" in korean[1]


def test_what_was_not_measured_is_not_told(clock):
    out = StringIO()
    with Reporter(Console(file=out, width=80), words("en").screen, 10) as reporter:
        reporter.judged(3, {"loss": 1.0, "nll": 1.0, "perplexity": 2.7})
    assert out.getvalue() == "step 3 of 10 · held out: loss 1.0000 · perplexity 2.70\n"


def test_a_loss_that_grows_is_still_told(clock):
    out = StringIO()
    with Reporter(Console(file=out, width=80), words("en").screen, 10) as reporter:
        reporter.step(1, 1, 1e6, 1.0, 5)
        reporter.step(2, 2, 1e6, 1.0, 5)
    assert "perplexity 5,184,705,528,587,072,045,056.00" in out.getvalue()


@given(st.lists(st.text("abc 나다", min_size=1, max_size=30), max_size=8), st.integers(10, 60))
def test_parts_are_folded_into_lines_that_fit(parts, width):
    lines = folded(parts, width)
    assert BETWEEN.join(lines) == BETWEEN.join(parts)
    assert all(cell_len(line) <= width or line in parts for line in lines)
