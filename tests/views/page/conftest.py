"""A real browser, with the network off, that notes all it would ask for and every error of a page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

import tracetf
from tracetf.recorder import record
from tracetf.trace import Trace
from tracetf.views.page import page

READY = "() => Promise.all([...document.querySelectorAll('tracetf-explorer')].map((one) => one.ready))"


@dataclass
class Seen:
    """A page in the browser, what it asked the network for, and what went wrong in it."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __call__(self, code: str, *given: Any) -> Any:
        """Run a function of `root`, the shadow root of the first explorer, in the page."""
        root = "document.querySelector('tracetf-explorer').shadowRoot"
        return self.page.evaluate(f"(given) => (({code}))({root}, given)", *given)

    def text(self, selector: str) -> str:
        """Return the text of the first element that a selector finds, shadow root or not."""
        return self.page.locator(selector).first.inner_text()

    def recompute(self) -> dict[str, Any]:
        """Have the page recompute all its numbers."""
        return self.page.evaluate("() => document.querySelector('tracetf-explorer').recompute()")

    def state(self) -> dict[str, Any]:
        """Return what the page is looking at."""
        return self.page.evaluate("() => document.querySelector('tracetf-explorer').stage.state")

    def cells(self) -> list[str]:
        """Return the numbers of the result, as they are written."""
        return self.page.locator(".result td.real, .result td.truth, .result td.later").all_inner_texts()

    def go(self, address: str) -> None:
        """Follow an address within the page."""
        self.page.evaluate("(hash) => { location.hash = hash }", address)
        self.page.wait_for_timeout(30)


Opener = Callable[..., Any]


@pytest.fixture(scope="session")
def opened(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Opener:
    """Return a function that opens a page from a file, at an address, in a window of its own."""
    folder = tmp_path_factory.mktemp("pages")

    @contextmanager
    def opened(
        html: str, address: str = "", size: tuple[int, int] = (1280, 900), **more: Any
    ) -> Iterator[Seen]:
        file = folder / f"{len(list(folder.iterdir()))}.html"
        file.write_text(html, encoding="utf-8")
        window = {"width": size[0], "height": size[1]}
        context = chromium.new_context(viewport=window, offline=True, **more)
        seen = Seen(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
        seen.page.goto(f"{file.as_uri()}{address}")
        if more.get("java_script_enabled", True):
            seen.page.wait_for_function("() => customElements.get('tracetf-explorer')")
            seen.page.evaluate(READY)
        yield seen
        context.close()

    return opened


@pytest.fixture(scope="session")
def canonical() -> Trace:
    """Return the run that everything begins with: the shipped model on its first sentence."""
    model = tracetf.load()
    with record(model) as run:
        model.translate("I am a student")
    return run


@pytest.fixture(scope="session")
def canonical_page(canonical: Trace) -> str:
    return page(canonical)


@pytest.fixture(scope="session")
def student_window(opened: Opener, canonical_page: str) -> Iterator[Seen]:
    with opened(canonical_page) as seen:
        yield seen


@pytest.fixture
def student(student_window: Seen) -> Iterator[Seen]:
    """Return the page of that run, open at its first weights.

    One window serves all tests; nothing may be asked for, and nothing go wrong, while it is open.
    """
    student_window.page.evaluate(
        """() => document.querySelector('tracetf-explorer').stage.go({
            event: 12, place: { head: 0 }, row: 0, column: 0, language: 'en', theme: 'auto', temperature: 1
        })"""
    )
    student_window.page.evaluate("() => document.activeElement.blur()")
    yield student_window
    assert len(student_window.requests) == 1
    assert student_window.requests[0].startswith("file:")
    assert student_window.errors == []
