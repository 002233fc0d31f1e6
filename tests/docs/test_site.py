"""Every page of the built site in a real browser: both languages, both themes, wide and narrow."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(
    path.relative_to(DOCS / "en").with_suffix("").as_posix() for path in (DOCS / "en").rglob("*.md")
)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LOOKS = ((WIDE, "light"), (NARROW, "dark"))
OTHER_LOOKS = ((WIDE, "dark"), (NARROW, "light"))
EVERY_LOOK = ("index", "inference", "ideas/masks", "reference/api")  # a page of each kind

# The theme lets the keyboard reach code that is wider than its place, a while after it was resized.
REACHABLE = """() => [...document.querySelectorAll('pre > code')].every(
    (code) => code.scrollWidth <= code.clientWidth || code.tabIndex === 0
)"""


def address(page: str, language: str) -> str:
    """Return where a page is to be found."""
    return ("ko/" if language == "ko" else "") + ("" if page == "index" else f"{page}/")


def violations(page, name: str) -> list[tuple[str, list[str]]]:
    """Return what axe finds wrong, and where; explorers, which have tests of their own, on one page."""
    left_out = [] if name == "index" else [["tracetf-explorer"]]
    asked = {"resultTypes": ["violations"]}
    found = Axe().run(page, context={"exclude": left_out}, options=asked).response["violations"]
    return [(one["id"], [str(node["target"]) for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(visit, name, language) -> None:
    with visit(address(name, language)) as page:
        assert page.locator("html").get_attribute("lang") == language
        for size, scheme in LOOKS + (OTHER_LOOKS if name in EVERY_LOOK else ()):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(REACHABLE)
            assert violations(page, name) == []
            assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("name", PAGES)
def test_every_explorer_recomputes_its_numbers(visit, name) -> None:
    with visit(address(name, "en")) as page:
        for explorer in page.locator("tracetf-explorer").all():
            proof = explorer.evaluate("(one) => one.recompute()")
            expected = explorer.evaluate("(one) => one.stage.run.facts.explainable")
            assert proof["agreeing"] == proof["recomputed"] == expected > 0


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("ideas/")])
def test_every_idea_opens_at_a_number_that_is_recomputed(visit, name) -> None:
    with visit(address(name, "en")) as page:
        assert "Δ" in page.locator("tracetf-explorer .account .agrees").first.inner_text()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_an_explorer_follows_the_language_and_the_light_of_the_site(visit, language) -> None:
    looks = """() => {
        const root = document.querySelector('tracetf-explorer').shadowRoot;
        const paper = (one) => getComputedStyle(one).backgroundColor;
        const canvas = root.querySelector('canvas');
        return [paper(root.querySelector('.frame')), paper(document.body), canvas.toDataURL()];
    }"""
    with visit(address("ideas/warm-up", language), color_scheme="light") as page:
        assert page.locator("tracetf-explorer .frame").get_attribute("lang") == language
        assert page.locator("tracetf-explorer .switches").count() == 0
        seen = []
        for _ in range(3):  # as the system has it, light, dark
            frame, body, drawn = page.evaluate(looks)
            assert frame == body
            seen.append((body, drawn))
            page.locator("form[data-md-component=palette] label:visible").click()
        assert seen[0] == seen[1]
        assert seen[1][0] != seen[2][0]
        assert seen[1][1] != seen[2][1]


def test_what_stays_in_sight_is_not_under_the_header(visit) -> None:
    with visit(address("ideas/scaling", "en"), NARROW) as page:
        page.locator("tracetf-explorer .account").evaluate("(one) => one.scrollIntoView()")
        below = page.locator(".md-header").bounding_box()
        assert (
            page.locator("tracetf-explorer .scrubber").bounding_box()["y"] >= below["y"] + below["height"] - 1
        )


def test_going_to_and_fro_keeps_the_explorers_alive(visit) -> None:
    with visit(address("index", "en")) as page:
        page.evaluate("() => { window.stays = true }")
        title = page.locator("tracetf-explorer .name h2")
        for _ in range(2):
            page.locator(".md-nav__link", has_text="From a sentence to a sentence").first.click()
            page.wait_for_url("**/inference/")
            page.locator("tracetf-explorer .name h2").first.wait_for()
            page.go_back()
            page.wait_for_function("() => location.pathname === '/'")
            title.first.wait_for()
            before = title.inner_text()
            page.locator("tracetf-explorer button[data-way=next]").click()
            assert title.inner_text() != before
        assert page.evaluate("() => window.stays")  # nothing was loaded anew


def test_reaching_a_passage_moves_the_explorer(visit) -> None:
    with visit(address("inference", "en")) as page:
        title = page.locator("tracetf-explorer .name h2")
        before = title.inner_text()
        page.locator("#cross").evaluate("(heading) => heading.scrollIntoView({ block: 'start' })")
        page.mouse.wheel(0, -150)
        page.wait_for_function(
            "() => document.querySelector('tracetf-explorer').getAttribute('step').includes('cross')"
        )
        assert title.inner_text() != before


def test_a_passage_shows_its_step_on_a_phone_when_asked(visit) -> None:
    with visit(address("inference", "ko"), NARROW) as page:
        page.locator("[data-step='encoder.embedded'] button").click()
        assert page.locator("tracetf-explorer").get_attribute("step") == "encoder.embedded"


@pytest.mark.parametrize(("language", "other"), [("en", "ko"), ("ko", "en")])
def test_the_other_language_shows_the_same_page(visit, language, other) -> None:
    with visit(address("ideas/masks", language)) as page:
        page.locator(".languages").click()
        page.wait_for_url(f"**/{address('ideas/masks', other)}")
        assert page.locator("html").get_attribute("lang") == other


@pytest.mark.parametrize("word", ["어텐션", "마스크", "소프트맥스"])
def test_korean_is_found(visit, word) -> None:
    with visit(address("index", "ko")) as page:
        page.locator(".md-search__input").click()
        page.wait_for_load_state("networkidle")  # the index is there
        page.locator(".md-search__input").press_sequentially(word)
        page.keyboard.press("End")  # what is composed sends no key by itself
        page.locator(".md-search-result__item").first.wait_for()
        assert word in page.locator(".md-search-result__item").first.inner_text()
