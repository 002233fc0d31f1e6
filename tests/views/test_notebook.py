"""Events and traces as a notebook shows them."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from tracetf.trace import Event, Trace
from tracetf.views.ink import NEGATIVE, POSITIVE
from tracetf.views.notebook import STRONGEST, event_html, trace_html

HOSTILE = '</script><img src=x onerror="alert(1)">'
WEIGHTS = "decoder.layers.0.cross_attention.weights"


class Seen(HTMLParser):
    """What a browser makes of a page: its tables, its text, the tags and attributes it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.words: list[str] = []
        self.attributes: set[str] = set()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open[-1] in ("th", "td"):
            self.tables[-1][-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(self.words)


def event(value: np.ndarray, axes: str, **more: object) -> Event:
    return Event(0, 0, "forward", "layer.thing", tuple(axes.split()), value, **more)


def test_an_event_is_shown_head_beside_head_with_its_words(told: Trace) -> None:
    weights = told[WEIGHTS, "decode 2"]
    seen = Seen(weights._repr_html_())
    assert len(seen.tables) == 2
    assert seen.tables[1][0] == ["", "i", "am", "a", "student", "."]
    assert seen.tables[1][2] == ["나", *(f"{number:.2f}" for number in weights.value[0, 1, 1])]
    assert [word for word in seen.words if word.startswith("head ")] == ["head 0", "head 1"]
    for said in (WEIGHTS, "weights = softmax(masked)", "decode 2 · batch=1 head=2 query=2 key=5"):
        assert said in seen.words


def test_masked_numbers_and_truths_look_as_they_do_in_the_terminal(told: Trace) -> None:
    masked = Seen(event_html(told["decoder.layers.0.self_attention.masked", "decode 2"]))
    assert masked.tables[0][1][2] == "−∞"
    assert Seen(event_html(told["target_mask", "decode 2"])).tables[0][1:] == [
        ["<s>", "●", "·"],
        ["나", "●", "●"],
    ]


def test_what_is_too_much_is_left_out_and_said(told: Trace) -> None:
    large = event(np.zeros((3, 9, 40, 17)), "batch head query key")
    seen = Seen(event_html(large))
    assert [len(table) for table in seen.tables] == [17] * 4
    assert {len(row) for table in seen.tables for row in table} == {17}
    assert seen.words[-1] == "shown: batch 1 of 3, head 4 of 9, query 16 of 40, key 16 of 17"
    assert "shown" not in Seen(event_html(told[WEIGHTS, "decode 2"])).text


@pytest.mark.parametrize(
    ("value", "axes", "table"),
    [
        (np.array(2.5), "", [["", "0"], ["thing", "2.50"]]),
        (np.array([1, 2]), "token", [["", "0", "1"], ["thing", "1", "2"]]),
        (np.array([[[3.0], [4.0]]]), "batch token one", [["", "0", "1"], ["thing", "3.00", "4.00"]]),
        (np.arange(8).reshape(2, 2, 2), "a b c", [["", "0", "1"], ["0", "0", "1"], ["1", "2", "3"]]),
        (np.array([[3 + 4j]]), "a b", [["", "0"], ["0", "5.00"]]),
        (np.array([[np.nan, np.inf]]), "a b", [["", "0", "1"], ["0", "nan", "∞"]]),
        (np.array([[1.5]], np.float16), "a b", [["", "0"], ["0", "1.50"]]),
    ],
)
def test_values_of_any_shape_and_kind_are_shown(value: np.ndarray, axes: str, table: list[list[str]]) -> None:
    assert Seen(event_html(event(value, axes))).tables == [table]


def test_the_first_place_of_further_axes_is_shown_and_said() -> None:
    seen = Seen(event_html(event(np.zeros((2, 3, 2, 2)), "batch a b c")))
    assert len(seen.tables[0]) == 3
    assert seen.words[-1] == "shown: batch 1 of 2, a 1 of 3"


def test_every_row_is_shown_even_where_no_words_are_known() -> None:
    seen = Seen(event_html(event(np.zeros((1, 2, 3, 3)), "batch head query key")))
    assert [len(table) for table in seen.tables] == [4, 4]


def test_an_event_without_numbers_says_so() -> None:
    assert "no numbers" in Seen(event_html(event(np.zeros((1, 0, 8)), "batch token d_model"))).words


def test_a_trace_is_shown_by_place_and_phase(told: Trace) -> None:
    seen = Seen(told._repr_html_())
    [[heading, *rows]] = seen.tables
    assert heading == ["", *told.phases]
    places = {row[0]: row[1:] for row in rows}
    assert list(places)[:4] == ["the model", "encoder", "encoder.layers.0", "encoder.layers.1"]
    assert sum(int(count or 0) for counts in places.values() for count in counts) == len(told)
    assert places["encoder.layers.0"][1:] == [""] * (len(told.phases) - 1)
    assert f"Trace of {len(told)} events" in seen.words


def test_a_long_trace_is_cut_short_and_says_so() -> None:
    trace = Trace(notice="recording stopped: the budget is used up")
    for order in range(20):
        trace.append(Event(order, 0, f"decode {order}", f"h.{order}.x", (), np.array(0)))
    seen = Seen(trace_html(trace))
    assert (len(seen.tables[0]), len(seen.tables[0][0])) == (17, 17)
    assert seen.tables[0][1][0] == "h.0"
    assert seen.words[-1] == "shown: places 16 of 20, phases 16 of 20"
    assert trace.notice in seen.words
    assert Seen(trace_html(Trace())).words == ["Trace of 0 events"]


def test_hostile_text_stays_text(told: Trace) -> None:
    words = ((HOSTILE, "\u202eevil\u2066", "a\nb\x1b[31m", "\"&'", "\udcff"),)
    odd = replace(told[WEIGHTS, "decode 1"], path=HOSTILE, phase=HOSTILE, labels={"key": words})
    trace = Trace(notice=HOSTILE)
    trace.append(odd)
    for page in (event_html(odd), trace_html(trace)):
        seen = Seen(page)
        assert seen.tags <= {"div", "b", "br", "span", "table", "caption", "tr", "th", "td"}
        assert seen.attributes == {"style"}
        assert HOSTILE in seen.text
        assert page.encode()
    heading = Seen(event_html(odd)).tables[0][0]
    assert heading[2:] == ["U+202EevilU+2066", "aU+000AbU+001B[31m", "\"&'", "U+DCFF"]


def test_a_page_asks_for_nothing_from_outside(told: Trace) -> None:
    pages = [trace_html(told), *map(event_html, told)]
    assert not [page for page in pages if re.search(r"url\(|https?:|@import|class=|<style|<script", page)]
    assert all(Seen(page).attributes <= {"style"} for page in pages)
    assert max(map(len, pages)) < 150_000


@pytest.mark.parametrize("hue", [POSITIVE, NEGATIVE])
@pytest.mark.parametrize(("ink", "paper"), [(0x21, 255), (0xE0, 0x11)], ids=["light", "dark"])
def test_digits_can_be_read_on_the_strongest_colour(hue: tuple[int, ...], ink: int, paper: int) -> None:
    """WCAG 2.2 asks for a contrast of 4.5."""

    def luminance(colour: tuple[float, ...]) -> float:
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))

    below = luminance(tuple(STRONGEST * part + (1 - STRONGEST) * paper for part in hue))
    dark, light = sorted([below, luminance((ink,) * 3)])
    assert (light + 0.05) / (dark + 0.05) > 4.5
