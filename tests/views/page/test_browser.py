"""The page where it has to live: offline, from a file, in a frame, twice on a page, coming and going."""

from html import escape

import pytest
from axe_playwright_python.sync_playwright import Axe

from tracetf.trace import Trace
from tracetf.views.page import element, frame, page, script, trace_of
from tracetf.views.story import Wish

STEPS = (
    "encoder.layers.0.self_attention.weights",
    "decoder.layers.0.self_attention.masked",
    "encoder.layers.1.feed_forward.hidden",
    "probabilities",
)


def beside(*elements: str) -> str:
    """Return a page of somebody else's, with our script and some explorers in it."""
    head = "<!doctype html><meta charset=utf-8><title>x</title>"
    return f"{head}<main>{''.join(elements)}</main><script>{script()}</script>"


def violations(seen) -> list[tuple[str, list[str]]]:
    """Return what axe finds wrong, and where."""
    found = Axe().run(seen.page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], [str(node["target"]) for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["wide", "narrow"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(opened, canonical_page, scheme, size, lang) -> None:
    with opened(canonical_page, f"#lang={lang}", size, color_scheme=scheme) as seen:
        for step in STEPS[1:3]:
            seen.go(f"#step={step}&lang={lang}")
            assert violations(seen) == []
            assert seen.page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
            assert seen("(root) => root.querySelector('.frame').lang") == lang
        assert seen.errors == []


def test_the_first_matrix_is_there_at_once(student) -> None:
    assert student.page.evaluate("() => performance.now()") < 5000
    assert student.page.locator(".result td").first.is_visible()


def test_without_scripts_the_main_steps_are_tables(opened, canonical_page) -> None:
    with opened(canonical_page, java_script_enabled=False) as seen:
        text = seen.text("tracetf-explorer")
        assert "decoder.layers.1.cross_attention.weights" in text
        assert "학생" in text
        assert seen.page.locator("table").count() >= 6


def test_a_sandboxed_frame_works_and_leaves_the_page_alone(opened, canonical: Trace) -> None:
    with opened(beside(frame(canonical))) as seen:
        inside = seen.page.frames[1]
        inside.wait_for_selector("tracetf-explorer .result td")
        inside.locator("button[data-way=next]").click()
        assert inside.locator(".name h2").inner_text() == "Head outputs"
        assert seen.errors == []
        assert "step=" not in seen.page.url


def test_two_on_a_page_do_not_hear_each_other(opened, canonical: Trace) -> None:
    first = element(canonical, step=STEPS[0], lang="en")
    second = element(canonical, step=STEPS[1], lang="ko", theme="dark")
    with opened(beside(first, second)) as seen:
        titles = seen.page.locator(".name h2")
        assert titles.all_inner_texts() == ["Attention weights", "마스크된 점수(masked)"]
        seen.page.locator("button[data-way=next]").first.click()
        assert titles.all_inner_texts() == ["Head outputs", "마스크된 점수(masked)"]
        assert "#" not in seen.page.url
        assert seen.errors == []


def test_an_explorer_within_a_page_speaks_its_language_and_wears_its_light(opened, canonical: Trace) -> None:
    around = '<section lang="ko-KR" style="color-scheme: dark">'
    looks = "(root) => getComputedStyle(root.querySelector('.frame')).backgroundColor"
    with opened(beside(around, element(canonical, step=STEPS[1]), "</section>")) as seen:
        assert seen.text(".name h2") == "마스크된 점수(masked)"
        assert seen.page.locator(".brand, .switches").count() == 0
        dark = seen(looks)
        seen.page.evaluate("() => { document.querySelector('section').style.colorScheme = 'light' }")
        assert seen(looks) != dark


def test_a_page_without_words_has_no_empty_first_line(opened) -> None:
    trace = trace_of({"similarity": [[1.0]]})
    with opened(beside(element(trace))) as seen:
        assert not seen.page.locator(".head").is_visible()
    for html in (page(trace), beside(element(trace, heading="Mine"))):
        with opened(html) as seen:
            assert seen.page.locator(".head .brand").is_visible()


def test_coming_and_going_leaves_nothing_behind(opened, canonical: Trace) -> None:
    with opened(beside(element(canonical, whole_page="", linked="", step=STEPS[0]))) as seen:
        seen.page.locator("button[data-way=play]").click()
        seen.page.evaluate("() => { self.one = document.querySelector('tracetf-explorer'); one.remove() }")
        seen.go("#lang=ko")
        before = seen.page.evaluate("() => self.one.stage.state.event")
        seen.page.keyboard.press("ArrowDown")
        seen.page.wait_for_timeout(2000)
        state = seen.page.evaluate("() => self.one.stage.state")
        assert (state["event"], state["language"], state["playing"]) == (before, "en", False)
        seen.page.evaluate("() => document.querySelector('main').append(self.one)")
        seen.page.locator("button[data-way=next]").click()
        assert seen.text(".name h2") == "Head outputs"
        seen.page.evaluate("() => document.querySelector('main').append(self.one.cloneNode())")
        seen.page.wait_for_function("() => document.querySelectorAll('tracetf-explorer')[1].stage")
        assert seen.errors == []


def test_the_script_may_come_twice(opened, canonical: Trace) -> None:
    with opened(beside(element(canonical)) + f"<script>{script()}</script>") as seen:
        assert seen.text(".name h2") == "Attention weights"
        assert seen.errors == []


def test_the_style_of_the_page_around_does_not_leak_in(opened, canonical: Trace) -> None:
    style = "<style>table, td, th, button, h2 { display: none !important; color: red !important }</style>"
    with opened(beside(style, element(canonical))) as seen:
        assert seen.page.locator(".result td").first.is_visible()


def test_attributes_move_the_viewer(opened, canonical: Trace) -> None:
    with opened(beside(element(canonical, step=STEPS[0]))) as seen:
        for name, value in (("step", STEPS[1]), ("head", "3"), ("cell", "4.1"), ("lang", "ko")):
            seen.page.evaluate(
                "([name, value]) => document.querySelector('tracetf-explorer').setAttribute(name, value)",
                [name, value],
            )
        assert seen.text(".name h2") == "마스크된 점수(masked)"
        state = seen.page.evaluate("() => document.querySelector('tracetf-explorer').stage.state")
        assert (state["place"]["head"], state["row"], state["column"]) == (3, 4, 1)


def test_an_empty_trace_says_so(opened) -> None:
    with opened(page(Trace())) as seen:
        assert "Nothing was recorded" in seen.text(".empty")
        assert seen.errors == []


def test_plain_arrays_are_shown_with_their_labels(opened) -> None:
    trace = trace_of({"similarity": [[1.0, 0.5], [0.5, 1.0]]}, ["나", "학생"], ["I", "student"])
    with opened(page(trace), "#cell=1.0") as seen:
        assert seen.text(".account code") == "similarity[학생, I]"
        assert seen.page.locator(".result th").all_inner_texts() == ["I", "student", "나", "학생"]


def test_a_long_sentence_is_a_strip_with_a_window_of_numbers(opened, canonical: Trace) -> None:
    value = [[float((7 * i + j) % 13 - 6) for j in range(200)] for i in range(60)]
    with opened(page(trace_of({"wide": value})), "#cell=50.150") as seen:
        assert seen.page.locator("canvas").count() >= 1
        assert seen.text(".account .is") == f"{value[50][150]:.4f}".replace("-", "−")
        assert seen.page.locator(".result td.marked").count() == 1
        box = seen.page.locator(".result .picture").bounding_box()
        seen.page.mouse.click(box["x"] + box["width"] * 1.5 / 200, box["y"] + box["height"] * 59.5 / 60)
        assert seen.text(".account .is") == f"{value[59][1]:.4f}".replace("-", "−")
        seen.page.get_by_role("button", name="numbers").click()
        assert seen.page.locator(".result td").count() == 0


def test_hostile_words_are_text(opened) -> None:
    hostile = '</script><img src=x onerror="alert(1)">'
    words = [hostile, "\"'`><b>", "\u202eevil\u2066", "𝕏👩\u200d🎓", "a\x00b\udcff"]
    trace = trace_of({words[0]: [[float(i) for i in range(5)]] * 5}, words, words)
    with opened(beside(element(trace, heading=words[0]))) as seen:
        assert seen("(root) => root.querySelectorAll('img, b, script').length") == 0
        heads = seen.page.locator(".result thead th").all_inner_texts()
        assert heads == [words[0], words[1], "U+202EevilU+2066", words[3], "aU+0000bU+DCFF"]
        assert seen.errors == []
    with opened(page(trace), java_script_enabled=False) as seen:
        assert seen.page.locator("img, b").count() == 0
    assert escape(words[0]) in page(trace)


def test_the_whole_page_goes_into_a_policy_without_sources(opened, canonical: Trace) -> None:
    with opened(page(canonical, Wish(only="*.weights"))) as seen:
        seen.page.evaluate(
            """() => {
                self.stopped = [];
                const stop = (one) => self.stopped.push(one.violatedDirective);
                document.addEventListener('securitypolicyviolation', stop);
                const [image, script] = ['img', 'script'].map((tag) => document.createElement(tag));
                image.src = 'https://x.invalid/';
                script.textContent = 'self.hacked = 1';
                document.body.append(image, script);
            }"""
        )
        seen.page.wait_for_function("() => self.stopped.length === 2")
        assert seen.page.evaluate("() => [self.hacked ?? null, self.stopped.sort()]") == [
            None,
            ["img-src", "script-src-elem"],
        ]
