"""How a difference between two values is measured and told, word for word."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tracetf.recorder import record
from tracetf.trace import Event, Trace
from tracetf.trace.compare import compare
from tracetf.trace.figures import short
from tracetf.trace.pair import apart, deltas
from tracetf.trace.verify import difference

SCALED = "decoder.layers.1.cross_attention.scaled"
AT = (0, 0, 0, 0)
ODD = st.sampled_from([0.0, -1.5, 2.0, np.nan, np.inf, -np.inf])


def said(a: Trace, b: Trace) -> str:
    """Return what is said of where two runs first differ."""
    return str(compare(a, b)).splitlines()[0].partition(" is the first that differs: ")[2]


@given(pair=st.tuples(*[arrays.arrays(np.float64, 4, elements=ODD)] * 2))
def test_number_by_number_the_difference_is_that_of_verify_but_for_nan(pair: tuple[Any, Any]) -> None:
    a, b = pair
    assert deltas(a, b).max() == apart(a, b)
    both = np.isnan(a) & np.isnan(b)
    assert apart(a, b) == difference(a[~both], b[~both])


def test_ids_and_truths_are_exact_however_large(single: Callable[..., Trace]) -> None:
    assert compare(single([1e6]), single([1e6 + 1]))
    assert not compare(single([10**6]), single([10**6 + 1]), tolerance=1)
    assert not compare(single([True]), single([False]), tolerance=1)


def test_tolerance_grows_with_the_numbers_of_the_reference(single: Callable[..., Trace]) -> None:
    assert not compare(single([1.0]), single([1.001]))
    assert compare(single([1.0]), single([1.001]), tolerance=2e-3)
    assert compare(single([100.0]), single([100.001]))


@pytest.mark.parametrize(
    ("path", "a", "b", "told"),
    [
        (SCALED, np.nan, 0, "head 0, query '<s>', key 'i': NaN against 0.00 (1 of 90 numbers)"),
        (SCALED, 0, -np.inf, "head 0, query '<s>', key 'i': 0.00 against −∞ (1 of 90 numbers)"),
        (SCALED, np.inf, -np.inf, "head 0, query '<s>', key 'i': ∞ against −∞ (1 of 90 numbers)"),
        (
            SCALED,
            0.0,
            -3e-5,
            "head 0, query '<s>', key 'i': 0.000000 against −0.000030, Δ 3e−5 (1 of 90 numbers)",
        ),
        (SCALED, 0, 4e12, "head 0, query '<s>', key 'i': 0.00 against 4e+12, Δ 4e+12 (1 of 90 numbers)"),
        (SCALED, -0.5, 1, "head 0, query '<s>', key 'i': −0.50 against 1.00, Δ 1.5 (1 of 90 numbers)"),
        ("decoder.embedded", 0, 1, "token '<s>', d_model 0: 0.00 against 1.00, Δ 1 (1 of 72 numbers)"),
        ("output.logits", 0, 1, "token '<s>', vocabulary '<pad>': 0.00 against 1.00, Δ 1 (1 of 66 numbers)"),
        (
            "encoder.layers.0.self_attention_norm.mean",
            0,
            1,
            "token 'i': 0.00 against 1.00, Δ 1 (1 of 5 numbers)",
        ),
        ("target", 5, 6, "token '<s>': 5 '##이다' against 6 '.' (1 of 6 numbers)"),
        ("target", 5, 99, "token '<s>': 5 '##이다' against 99 (1 of 6 numbers)"),
        ("target_mask", 1, 0, "query '<s>', key '<s>': True against False (1 of 36 numbers)"),
    ],
)
def test_every_kind_of_number_is_told_in_its_own_way(
    path: str, a: float, b: float, told: str, runs: dict[str, Trace], changed: Any
) -> None:
    at = AT[: runs["forced"][path].value.ndim]
    assert said(*changed(path, {at: a}, {at: b})) == told


def test_infinities_agree_with_themselves_and_nan_in_both_is_said(changed: Any) -> None:
    hidden = {AT: -np.inf, (0, 0, 0, 1): np.inf}
    assert compare(*changed(SCALED, hidden, hidden))
    comparison = compare(*changed(SCALED, {AT: np.nan}, {AT: np.nan}))
    assert comparison
    assert str(comparison).splitlines()[1] == f"Both hold NaN, first in {SCALED} (forward)"


def test_a_word_that_comes_twice_is_told_with_its_place(trace_of: Callable[..., Trace]) -> None:
    labels = {"token": (("the", "end", "the"),)}
    a, b = (
        trace_of(Event(0, 0, "forward", "made_up", ("token",), np.array([0, 0, n]), labels=labels))
        for n in (0.0, 1.0)
    )
    assert said(a, b) == "token 'the' (2): 0.00 against 1.00, Δ 1 (1 of 3 numbers)"


def test_the_words_are_those_of_the_sentence_the_number_is_in(trace_of: Callable[..., Trace]) -> None:
    labels = {"token": (("i", "go"), ("you", "eat"))}
    a, b = (
        trace_of(Event(0, 0, "forward", "x", ("batch", "token"), np.array([[0, 0], [0, n]]), labels=labels))
        for n in (0.0, 1.0)
    )
    assert said(a, b).startswith("batch 1, token 'eat': ")


def test_numbers_without_axes_have_no_place(single: Callable[..., Trace]) -> None:
    assert said(single(1.5, ""), single(2.5, "")) == "1.50 against 2.50, Δ 1 (1 of 1 numbers)"


def test_words_of_b_serve_where_a_has_none(single: Any, trace_of: Callable[..., Trace]) -> None:
    labels = {"token": (("i", "go"),)}
    b = trace_of(Event(0, 0, "forward", "made_up", ("token",), np.ones(2), labels=labels))
    assert said(single([0.0, 1.0], "token"), b).startswith("token 'i': ")


def test_other_sizes_are_told_with_their_words(runs: dict[str, Trace], translator: Any) -> None:
    with record(translator) as longer:
        translator.force("I am a teacher student.", "나는 학생이다.")
    comparison = compare(runs["forced"], longer)
    assert str(comparison).splitlines()[:2] == [
        "source (forward) is the first that differs: "
        "token=5 (i am a student .) against token=6 (i am a teacher student .)",
        "It comes from outside: the two runs were given, or drew, different things.",
    ]
    assert comparison.first.index == ()
    assert comparison.first.values is None
    assert comparison.first.count == comparison.first.event.value.size


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ((2, 3), (2, 4), "key=3 against key=4"),
        ((2, 3), (3, 4), "query=2, key=3 against query=3, key=4"),
        ((2, 3), (2,), "query=2 key=3 against query=2"),
        ((), (2,), "one number against query=2"),
    ],
)
def test_sizes_are_told_axis_by_axis(a: Any, b: Any, told: str, single: Any) -> None:
    axes = ["query", "key"]
    two = [single(np.zeros(shape), " ".join(axes[: len(shape)])) for shape in (a, b)]
    assert said(*two) == told


def test_axes_without_names_take_those_of_the_reference(single: Any) -> None:
    a, b = single(np.zeros((2, 3)), "query key"), single(np.zeros((2, 4)), "axis_0 axis_1")
    assert said(a, b) == "key=3 against key=4"


def test_of_a_long_sentence_the_first_words_are_told(trace_of: Callable[..., Trace]) -> None:
    words = tuple("abcdefghij")
    a, b = (
        trace_of(Event(0, 0, "forward", "x", ("token",), np.zeros(n), labels={"token": (words[:n],)}))
        for n in (9, 10)
    )
    assert said(a, b) == "token=9 (a b c d e f g h …) against token=10 (a b c d e f g h …)"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (3.75, "3.75"), (16, "16"), (1024, "1024"), (2e-5, "2e−5"), (3e-12, "3e−12"), (np.inf, "∞")],
)
def test_a_delta_is_short(number: float, text: str) -> None:
    assert short(number) == text
