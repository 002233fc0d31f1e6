"""What is looked at: by address, by keys, in two languages."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import fromstring

import pytest

from tracetf.trace import Trace
from tracetf.views.page import page
from tracetf.words import words

CROSS = "decoder.layers.1.cross_attention.weights"


def test_an_address_goes_there_and_back(student) -> None:
    student.go(f"#step={CROSS}&head=2&cell=3.1&lang=ko")
    written = student.page.evaluate("() => location.hash")
    assert written == f"#step={CROSS}&head=2&cell=3.1&lang=ko"
    assert student.text(".name h2") == words("ko").steps["attention.weights"].title
    assert student("(root) => root.querySelector('.result td.marked').textContent") != ""
    student.page.locator("button[data-way=next]").click()
    assert "step=decoder.layers.1.cross_attention.heads" in student.page.evaluate("() => location.hash")
    student.go(written)
    found = student.state()
    assert (found["row"], found["column"], found["place"], found["language"]) == (3, 1, {"head": 2}, "ko")


@pytest.mark.parametrize(
    "address",
    [
        "#step=nothing.here",
        "#cell=99.99",
        "#cell=x",
        "#head=77",
        "#lang=xx",
        "#%%%",
        "#step=__proto__&lang=toString",
    ],
)
def test_an_address_that_leads_nowhere_does_no_harm(opened, canonical_page, address) -> None:
    with opened(canonical_page, address) as seen:
        assert seen.text(".name h2") == "Attention weights"
        assert seen.errors == []


def test_a_path_of_several_phases_is_told_apart_by_the_phase(opened, runs) -> None:
    with opened(page(runs["cached"]), "#step=probabilities&phase=decode 2") as seen:
        assert "phase=decode+2" in seen.page.evaluate("() => location.hash")
        assert seen.text(".path .phase") == "decode 2"


def test_a_sentence_of_a_batch_is_chosen(opened, runs) -> None:
    with opened(
        page(runs["eval"]), "#step=encoder.layers.0.self_attention.masked&sentence=1&cell=0.4"
    ) as seen:
        assert seen.text(".account .is") == "−∞"
        seen.page.get_by_role("button", name="Sentence 0").click()
        assert "sentence" not in seen.page.evaluate("() => location.hash")
        assert seen.text(".account .is") != "−∞"


def test_padding_and_later_words_are_hidden_each_in_its_way(opened, runs, canonical_page) -> None:
    from dataclasses import replace

    run = runs["eval"]
    told = Trace(run.parameters, run.constants, run.dimensions, {"source": ("<pad>", *"abcdefghij")})
    for event in run:
        read = {"key", "token"} & set(event.axes) if event.path.startswith("encoder") else ()
        told.append(replace(event, labels=dict.fromkeys(read, (tuple("abcde"), (*"fgh", "<pad>", "<pad>")))))
    with opened(page(told), "#step=encoder.layers.0.self_attention.masked&sentence=1") as seen:
        assert seen.page.locator(".result td.padding").count() == 2 * 5
        assert seen.page.locator(".result td.padding").first.get_attribute("title").startswith("padding")
    with opened(canonical_page, "#step=decoder.layers.0.self_attention.masked") as seen:
        assert seen.page.locator(".result td.later").count() == 15


def test_keys_move_the_cell_choose_the_head_and_play(student) -> None:
    student.go("#step=encoder.layers.0.self_attention.weights&head=0&cell=0.0")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowLeft", "3"):
        student.page.keyboard.press(key)
    found = student.state()
    assert (found["row"], found["column"], found["place"]["head"]) == (1, 0, 3)
    student.page.keyboard.press("9")
    assert student.state()["place"]["head"] == 3
    student.page.keyboard.press("Space")
    assert student.state()["playing"] is True
    count = student.text(".count")
    student.page.wait_for_selector(f".count:not(:text-is('{count}'))")
    student.page.keyboard.press("Space")
    assert student.state()["playing"] is False


def test_the_keyboard_alone_reaches_everything(opened, canonical_page) -> None:
    address = "#step=encoder.layers.0.self_attention.weights&head=0&cell=0.0"
    with opened(canonical_page, address) as seen:
        focused = """() => {
            const one = document.querySelector('tracetf-explorer').shadowRoot.activeElement;
            if (!one) return '';
            const { way, axis } = one.dataset;
            const told = [one.tagName, one.className, way, axis, one.ariaCurrent && 'step', one.type];
            return told.filter(Boolean).join(' ');
        }"""
        reached: list[str] = []
        for _ in range(40):
            seen.page.keyboard.press("Tab")
            reached.append(seen.page.evaluate(focused))
            if "marked" in reached[-1]:
                break
        told = "\n".join(reached)
        for one in ("language", "theme", "play", "range", "SUMMARY", "step", "chip head", "TD real marked"):
            assert one in told, told
        seen.page.keyboard.press("ArrowDown")
        assert seen.state()["row"] == 1
        assert "marked" in seen.page.evaluate(focused)
        seen.page.locator(".map [aria-current=true]").focus()
        seen.page.keyboard.press("ArrowDown")
        seen.page.keyboard.press("ArrowRight")
        assert seen.text(".path code") == "encoder.layers.0.self_attention.concat"
        assert seen.page.evaluate(focused).startswith("BUTTON chip")


def test_the_slider_says_where_it_is(student) -> None:
    student.go("#step=source")
    slider = student.page.locator(".scrubber input")
    assert slider.get_attribute("aria-valuetext") == "source (encode)"
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "source_mask (encode)"
    assert student.text(".count") == "2 / 137"


def test_hovering_shows_and_a_click_holds(student) -> None:
    student.go("#step=encoder.layers.0.self_attention.weights&head=0&cell=0.0")
    held = student.text(".account")
    cell = student.page.locator(".result tbody tr").nth(2).locator("td").nth(3)
    cell.hover()
    assert student.text(".account code") == "weights[a, student]"
    student.page.mouse.move(5, 5)
    assert student.text(".account") == held
    cell.click()
    student.page.mouse.move(5, 5)
    assert student.text(".account code") == "weights[a, student]"


def test_an_input_leads_to_where_it_was_made(student) -> None:
    student.go("#step=encoder.layers.1.self_attention.scores&head=1&cell=0.0")
    student.page.locator(".input .link").first.click()
    assert student.text(".path code") == "encoder.layers.1.self_attention.Q"


def test_a_thumbnail_leads_to_its_head(student) -> None:
    student.page.locator(".thumbnail").nth(4 * 3 + 2).click()
    assert student.text(".path code") == "decoder.layers.0.cross_attention.weights"
    assert student.state()["place"]["head"] == 2


def test_temperature_flattens_what_comes_next(student, canonical: Trace) -> None:
    student.page.locator(".loop .chips button").nth(2).click()
    assert student.text(".loop .out") == "학생"
    bars = student.page.locator(".bars td:last-child")
    before = [float(share.rstrip("%")) for share in bars.all_inner_texts()]
    probabilities = sorted(canonical["probabilities", "decode 3"].value[0, -1].tolist(), reverse=True)[:5]
    assert before == pytest.approx([100 * share for share in probabilities], abs=0.06)
    student.page.locator(".temperature input").fill("3")
    after = [float(share.rstrip("%")) for share in bars.all_inner_texts()]
    assert after[0] < before[0]
    assert sum(after) < sum(before)


def test_the_loop_follows_the_row_that_is_pointed_at(student) -> None:
    student.go("#step=decoder.layers.0.cross_attention.weights&head=0&cell=1.0")
    assert student.text(".loop .out") == "##는"
    student.page.keyboard.press("ArrowDown")
    assert student.text(".loop .out") == "학생"
    student.page.locator(".loop .chips button").nth(4).click()
    assert student.text(".account code").startswith("weights[##이다")


def test_the_theme_goes_round(student) -> None:
    looks = "(root) => getComputedStyle(root.querySelector('.frame')).backgroundColor"
    found = [student(looks)]
    for _ in range(3):
        student.page.locator(".theme").click()
        found.append(student(looks))
    assert found[0] == found[1] == found[3] != found[2]


def test_a_matrix_is_copied_in_three_forms(opened, canonical_page, canonical: Trace) -> None:
    value = canonical["encoder.layers.0.self_attention.weights"].value[0, 0]
    address = "#step=encoder.layers.0.self_attention.weights&head=0"
    with opened(canonical_page, address) as seen:
        seen.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject() }")
        seen.page.locator(".copy summary").click()
        for form in ("CSV", "LaTeX", "SVG"):
            seen.page.get_by_role("button", name=form).click()
            text = seen.page.locator(".copy textarea").input_value()
            if form == "CSV":
                rows = [line.split(",") for line in text.splitlines()]
                assert rows[0] == ["", "i", "am", "a", "student", "."]
                assert [float(one) for one in rows[2][1:]] == pytest.approx(value[1].tolist(), rel=1e-5)
            if form == "LaTeX":
                assert "\\begin{tabular}{lrrrrr}" in text
                assert f"${value[0, 0]:.2f}$" in text
            if form == "SVG":
                assert text.count("<rect") == 25
                assert fromstring(text).tag.endswith("svg")


@pytest.fixture(scope="module")
def marked(canonical: Trace) -> Iterator[str]:
    """Return the canonical page with every word of the table in brackets."""
    from tracetf.views.page import facts

    def bracketed(told):
        if isinstance(told, str):
            return f"⟦{told}⟧"
        return (
            {key: bracketed(one) for key, one in told.items()}
            if isinstance(told, dict)
            else [*map(bracketed, told)]
        )

    true = facts._words
    facts._words = lambda *given: bracketed({key: dict(one) for key, one in true(*given).items()})
    try:
        yield page(canonical)
    finally:
        facts._words = true


def test_no_text_comes_from_anywhere_but_the_table(opened, marked, canonical: Trace) -> None:
    code = """(root) => {
        const found = [];
        const walk = (node) => {
            if (node.nodeType === 3 && !node.parentElement.closest('[translate=no]')) found.push(node.data);
            if (node.nodeType !== 1) return;
            if (node.getAttribute('translate') === 'no') return;
            for (const name of ['aria-label', 'title', 'placeholder', 'aria-valuetext', 'alt'])
                if (node.hasAttribute(name) && name !== 'aria-valuetext') found.push(node.getAttribute(name));
            node.childNodes.forEach(walk);
        };
        walk(root.querySelector('.frame'));
        return found;
    }"""
    steps = ("source", "target_mask", "encoder.embedding.rows", "encoder.layers.0.self_attention.Q", "choice")
    paths = re.compile("|".join(sorted({event.path for event in canonical}, key=len, reverse=True)))
    with opened(marked) as seen:
        for step in steps:
            seen.go(f"#step={step}")
            outside = [re.sub("⟦[^⟧]*⟧", "", text) for text in seen(code)]
            left = [text for text in outside if re.search("[A-Za-z가-힣]{2,}", paths.sub("", text))]
            assert left == [], step


def test_both_languages_say_all_that_the_script_asks_for() -> None:
    from tracetf.views.page import script

    asked = set(re.findall(r'say\("(\w+)"', script()))
    for language in ("en", "ko"):
        assert asked <= words(language).page.keys()
