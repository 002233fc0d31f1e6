"""The page itself: the data of a trace in an attribute, and the script that draws it."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.metadata import version
from pathlib import Path

from tracetf.files import whole_file
from tracetf.trace import Trace
from tracetf.views.page.facts import Describer
from tracetf.views.page.legible import legible
from tracetf.views.page.payload import packed
from tracetf.views.page.scripts import loader, script, source
from tracetf.views.page.selection import BUDGET, select
from tracetf.views.page.tables import plain
from tracetf.views.story import Wish

EVERYTHING = Wish()


def write_page(trace: Trace, path: str | Path, wish: Wish = EVERYTHING, lang: str = "en") -> None:
    """Write a trace as one HTML file that needs nothing else, whole or not at all.

    Args:
        wish: what to put in: everything (`full=True` also the weights and all repeats), or what matches.
        lang: language to begin with.

    Raises:
        ValueError: it cannot be made to fit the budget of a page.
        OSError: the file cannot be written.
    """
    text = page(trace, wish, lang)
    with whole_file(Path(path)) as draft:
        draft.write_text(text, encoding="utf-8")


def page(trace: Trace, wish: Wish = EVERYTHING, lang: str = "en", budget: int = BUDGET) -> str:
    """Return a trace as a page of its own.

    Args:
        budget: bytes it may take; what does not fit is left out, and the page says what and why.
    """
    attributes = {"whole_page": "", "linked": "", "lang": lang}
    code = script({event.step.room for event in trace if event.step})
    return source("page.html").format(
        lang=lang,
        version=version("tracetf"),
        title=escape(title(trace)),
        element=element(trace, wish, budget, **attributes),
        loader=loader(),
        script=packed(code.encode()),
        allowed=f"{_hash(loader())} {_hash(code)}",
    )


def element(trace: Trace, wish: Wish = EVERYTHING, budget: int = BUDGET, **attributes: str) -> str:
    """Return a trace as the element `<tracetf-explorer>`, for a page that has `script()` in it.

    Args:
        attributes: what to show first: `step="…"`, `head="2"`, `cell="1.3"`, `lang="ko"`, `theme="dark"`;
            `linked=""` lets the address of the page follow.
    """
    chosen = select(trace, wish, budget)
    data = Describer(trace, chosen).text()
    told = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return f'<tracetf-explorer data-trace="{data}"{told}>{plain(trace, chosen)}</tracetf-explorer>'


def frame(trace: Trace, wish: Wish = EVERYTHING, height: int = 760) -> str:
    """Return a trace as a page within a page, shut off from what is around it: for a notebook.

    Args:
        height: of the frame, in pixels.
    """
    style = f"width:100%;height:{height}px;border:1px solid #8884;border-radius:8px"
    inside = escape(page(trace, wish))
    return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{inside}"></iframe>'


def _hash(code: str) -> str:
    """Return what a page's policy calls a script that it allows."""
    return f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'"


def title(trace: Trace) -> str:
    """Return what a page is called: the words that went in."""
    read = next((event for event in trace if event.path == "source" and "token" in event.labels), None)
    words = " ".join(read.labels["token"][0]) if read else ""
    return legible(words, 120) or "tracetf"
