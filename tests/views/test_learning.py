"""What a reader sees of a training step: golden text at fixed widths, and what it leaves out and adds."""

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.cells import cell_len
from rich.console import Console

from tracetf.data.tokens import EnglishWords, KoreanPieces
from tracetf.data.vocabulary import Vocabulary
from tracetf.dimensions import Dimensions
from tracetf.recorder import record
from tracetf.trace import Trace
from tracetf.trace.file import read_trace
from tracetf.training.watched import Pupil
from tracetf.translators import untrained
from tracetf.views.console import print_trace
from tracetf.views.ink import figure, operand, percent
from tracetf.views.matrix import Matrix, gradients, magnified, matrices
from tracetf.views.story import Wish
from tracetf.words import LANGUAGES, words

GOLDEN = Path(__file__).parent / "golden"
SOURCE = Vocabulary(["<pad>", "<s>", "</s>", "<unk>", "i", "am", "a", "student", "."])
TARGET = Vocabulary(["<pad>", "<s>", "</s>", "<unk>", "나", "##는", "학생", "##이다", "."])


def by_rule(model: torch.nn.Module) -> None:
    """Give every weight a number that follows from its place, so that no machine rounds it otherwise."""
    first = 0
    for weight in model.parameters():
        places = torch.arange(first, first + weight.numel(), dtype=torch.float64)
        weight.data = (torch.sin(1.7 * places) / 2 + 0.1).reshape(weight.shape)
        first += weight.numel()


@pytest.fixture(scope="module")
def step() -> Trace:
    """Return the third step over "I am a student.", in numbers so exact that their figures never differ."""
    size = Dimensions(9, 9, d_model=16, heads=2, d_ff=12, layers=2, longest=20)
    model = untrained(replace(size, dropout=0.0), EnglishWords(SOURCE), KoreanPieces(TARGET))
    by_rule(model)
    pupil = Pupil(model, "I am a student.", "나는 학생이다.")
    for _ in range(2):
        pupil.step()
    with record(model) as trace:
        pupil.step()
    return trace


def told(trace: Trace, wish: Wish = Wish(), language: str = "en", width: int = 80) -> str:  # noqa: B008 - frozen
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_trace(console, trace, wish, words(language))
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("name", "wish", "language", "width"),
    [
        ("learning", Wish(), "en", 80),
        ("learning_wide", Wish(layer=1, head=1), "en", 120),
        ("learning_ko", Wish(), "ko", 80),
        ("gradient", Wish(only="decoder.layers.0.cross_attention.scores", head=1), "en", 80),
    ],
)
def test_a_step_reads_as_it_did(step: Trace, name: str, wish: Wish, language: str, width: int) -> None:
    text = told(step, wish, language, width)
    golden = GOLDEN / f"{name}.txt"
    if "WRITE_GOLDEN" in os.environ:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_too_wide_or_ends_in_spaces(step: Trace, width: int, language: str) -> None:
    for wish in (Wish(), Wish(phase="loss"), Wish(phase="update")):
        for line in told(step, wish, language, width).splitlines():
            assert cell_len(line) <= width, line
            assert line == line.rstrip()


def test_a_file_tells_the_same(step: Trace, tmp_path: Path) -> None:
    step.save(tmp_path / "step.safetensors")
    assert told(read_trace(tmp_path / "step.safetensors")) == told(step)


def test_padding_is_said_to_be_left_out(step: Trace) -> None:
    with_padding = Trace(step.parameters, step.constants, step.dimensions, step.vocabularies)
    for event in step:
        if event.path == "expected":
            value = event.value.copy()
            value[0, -1] = 0
            event = event.holding(value=value)
        with_padding.append(event)
    assert told(with_padding).count("padding is expected here: left out") == 1


def test_what_was_not_recorded_is_not_told(step: Trace) -> None:
    narrow = Trace(step.parameters, step.constants, step.dimensions, step.vocabularies)
    for event in step.select("loss.*"):
        narrow.append(event)
    text = told(narrow)
    assert "more steps of this phase" in text
    assert "nll = " not in text


def test_only_the_phases_of_training_begin_with_a_lesson(runs: dict[str, Trace], step: Trace) -> None:
    sentence = words("en").screen["lesson_shift"][:40]
    assert sentence in told(step)
    assert sentence in told(step, Wish(phase="forward"))
    assert sentence not in told(step, Wish(only="*.weights"))
    assert sentence not in told(runs["forced"])


def test_a_gradient_stands_below_its_value(step: Trace) -> None:
    text = told(step, Wish(only="encoder.layers.0.feed_forward.output"))
    assert "  gradient · 10⁻" in text
    assert "gradient" not in told(step, Wish(only="encoder.positions.waves"))


def test_a_gradient_over_the_vocabulary_has_the_columns_of_its_value(step: Trace) -> None:
    event = step["loss.log_probabilities"]
    [value], [gradient] = matrices(step, event), gradients(step, event)
    assert gradient.columns == value.columns
    for word, column in zip(gradient.columns, gradient.values.T, strict=True):
        assert (column == event.gradient[0, :, TARGET.encode([word])[0]]).all()


def test_weights_are_summed_up_unless_they_are_asked_for(step: Trace) -> None:
    path = "encoder.layers.0.self_attention.W_Q.adam"
    assert f"\n  {path}  " in told(step, Wish(phase="update"))
    assert "Second moment, corrected" in told(step, Wish(only=f"{path}.*"))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.123456, "0.123"),
        (-0.5, "−0.5"),
        (1e-9, "10⁻⁹"),
        (-1.5e-5, "−1.5·10⁻⁵"),
        (2e12, "2·10¹²"),
        (float("inf"), "inf"),
        (0, "0"),
    ],
)
def test_a_figure_has_three_digits_and_a_power_of_ten(number: float, text: str) -> None:
    assert figure(number) == text
    assert operand(number) == (f"({text})" if number < 0 else text)


def test_small_shares_have_more_decimals() -> None:
    assert [percent(share) for share in (0.9, 0.01, 0.0007)] == ["90.0%", "1.0%", "0.07%"]


def test_small_numbers_are_magnified_and_others_are_not() -> None:
    def matrix(*values: float) -> Matrix:
        return Matrix(torch.tensor([values]).numpy(), ["row"], ["a", "b"], (-1, 1))

    [small], power = magnified([matrix(2e-4, -float("inf"))])
    assert power == -4
    assert small.values[0, 0] == pytest.approx(2)
    assert small.bounds == pytest.approx((-2, 2))
    for unchanged in (matrix(0.5, 1e-9), matrix(0.0, 0.0), matrix(-float("inf"), -float("inf"))):
        assert magnified([unchanged]) == ([unchanged], 0)
