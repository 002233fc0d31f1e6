"""Pictures of a training: true to the numbers, whole SVG, readable in both languages."""

import re
from itertools import pairwise
from math import log10
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetf.views.curves import (
    ACROSS,
    DOWN,
    HEIGHT,
    LEFT,
    MOST_POINTS,
    TOP,
    WIDTH,
    Curve,
    loss_svg,
    marks,
    powers,
    rate_svg,
    svg,
    thinned,
)
from tracetf.words import words

METRICS = [
    {"kind": "step", "step": 1, "loss": 4.0, "rate": 0.001},
    {"kind": "step", "step": 2, "loss": 2.0, "rate": 0.002},
    {"kind": "validation", "step": 2, "loss": 3.0},
    {"kind": "step", "step": 3, "loss": None, "rate": 0.003},
    {"kind": "step", "step": 4, "loss": 1.0, "rate": 0.004},
]
SVG = "{http://www.w3.org/2000/svg}"


def lines(picture):
    found = ElementTree.fromstring(picture).iter(f"{SVG}polyline")
    return [[tuple(map(float, point.split(","))) for point in line.get("points").split()] for line in found]


def texts(picture):
    return [text.text for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_every_point_is_where_its_numbers_say():
    learning, held_out = lines(loss_svg(METRICS, words("en").screen))
    at = {step: LEFT + step / 4 * ACROSS for step in range(5)}
    high = {loss: TOP + DOWN - loss / 4 * DOWN for loss in range(5)}
    for point, (step, loss) in zip([*learning, *held_out], [(1, 4), (2, 2), (4, 1), (2, 3)], strict=True):
        assert point == pytest.approx((at[step], high[loss]), abs=0.1)


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Loss per token, in nats"), ("ko", "토큰당 손실(nat)")]
)
def test_axes_and_curves_are_named(language, title):
    said = words(language).screen
    told = texts(loss_svg(METRICS, said))
    assert told[0] == title
    assert {
        "0",
        "1",
        "2",
        "3",
        "4",
        said["curve_step"],
        said["curve_learning"],
        said["curve_held_out"],
    } <= set(told)
    assert texts(rate_svg(METRICS, said))[0] == said["curve_rate"]
    assert "0.004" in texts(rate_svg(METRICS, said))


def test_nothing_is_fetched_and_no_paper_is_assumed():
    picture = loss_svg(METRICS, words("en").screen)
    assert re.findall(r"https?://[^\"']+", picture) == ["http://www.w3.org/2000/svg"]
    assert "<rect" not in picture
    assert "style" not in picture


def test_a_long_training_stays_a_small_picture_with_the_same_mean():
    points = [(step, step % 7) for step in range(1, 100_001)]
    few = thinned(points)
    assert len(few) <= MOST_POINTS
    assert sum(y for _, y in few) / len(few) == pytest.approx(3, abs=0.01)
    assert all(one[0] < other[0] for one, other in pairwise(few))
    assert thinned(points[:20]) == points[:20]
    assert thinned([]) == []


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5))
def test_marks_are_round_and_hold_every_value(values):
    found = marks(values)
    assert 2 <= len(found) <= 8
    assert found[0] <= min(values) + 1e-6 * abs(min(values))
    assert found[-1] >= max(values) - 1e-6 * abs(max(values))
    digit = float(f"{found[1] - found[0]:e}".split("e")[0])
    assert any(digit == pytest.approx(round_one) for round_one in (1, 2, 5, 10))


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1e6)), min_size=1, max_size=20))
def test_no_point_is_outside_the_picture(points):
    for line in lines(svg("a", "b", [Curve("c", sorted(points))])):
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in line)


def test_upwards_a_factor_is_as_far_wherever_it_stands():
    picture = svg("a", "b", [Curve("c", [(1, 1e-9), (2, 1e-6), (3, 1e-3), (4, 1)])], log=True)
    [line] = lines(picture)
    steps = [one[1] - other[1] for one, other in pairwise(line)]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.2)
    assert steps[0] > 0
    assert {"10⁻⁶", "10⁰"} <= set(texts(picture))


@given(st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=5))
def test_powers_of_ten_hold_every_value(values):
    found = powers(values)
    assert 2 <= len(found) <= 9
    assert found[0] <= log10(min(values)) <= log10(max(values)) <= found[-1]


@given(st.lists(st.tuples(st.integers(1, 100), st.floats(1e-30, 1e30)), min_size=1, max_size=9))
def test_no_point_of_a_logarithm_is_outside_the_picture(points):
    for line in lines(svg("a", "b", [Curve("c", sorted(points))], log=True)):
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in line)


def test_a_family_has_one_colour_and_each_of_it_other_dashes():
    members = [("rnn", "a"), ("rnn", "b"), ("gru", "c"), ("rnn", "d")]
    picture = svg("t", "x", [Curve(name, [(1, 1), (2, 2)], family=family) for family, name in members])
    drawn = [line.attrib for line in ElementTree.fromstring(picture).iter(f"{SVG}polyline")]
    rnn = [drawn[place] for place in (0, 1, 3)]
    assert len({line["stroke"] for line in rnn}) == 1
    assert len({line.get("stroke-dasharray") for line in rnn}) == 3
    assert drawn[2]["stroke"] != drawn[0]["stroke"]
    assert "stroke-dasharray" not in drawn[2]


def test_a_long_legend_is_above_the_curves():
    curves = [Curve(f"curve {n}", [(1, n), (2, n)]) for n in range(11)]
    root = ElementTree.fromstring(svg("t", "x", curves))
    _, _, wide, high = map(float, root.get("viewBox").split())
    named = {text.text: (float(text.get("x")), float(text.get("y"))) for text in root.iter(f"{SVG}text")}
    legend = [named[f"curve {n}"] for n in range(11)]
    assert len(set(legend)) == 11
    assert all(x < wide - 100 for x, _ in legend)
    assert max(y for _, y in legend) < min(y for line in lines(svg("t", "x", curves)) for _, y in line)
    assert named["x"][1] < high


def test_titles_are_written_as_text():
    assert texts(svg("a < b & c", "d", [Curve("", [(1, 1)])]))[0] == "a < b & c"


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="there is no step to draw; train at least one"):
        rate_svg([], words("en").screen)
    with pytest.raises(ValueError, match="0 has no logarithm; with log=True, draw values above 0"):
        svg("a", "b", [Curve("c", [(1, 1), (2, 0)])], log=True)
