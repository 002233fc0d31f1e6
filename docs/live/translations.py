"""Every page there is in both languages, and neither has gone on without the other.

A Korean page begins with the mark of the English text it was made from: with what that includes, and the
first lines of docstrings that it shows, but without tables that a program writes into it; a Korean page
computes those. `python -m docs.live.translations` writes the marks anew, once the translations have been read
again.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from inspect import getdoc
from pathlib import Path

from markdown.extensions.toc import slugify

from docs.live.commands import ROOT, thing

DOCS = Path(__file__).parents[1]
MARK = re.compile(r"^english: (\w+)$", re.MULTILINE)
INCLUDED = re.compile(r'^--8<-- "(.+)"$', re.MULTILINE)
WRITTEN = re.compile(r"<!-- (\w+) -->.*?<!-- end of \1 -->", re.DOTALL)
API = re.compile(r"^::: ([\w.]+)(?:\n +options: \{ members: \[(.*)\] \})?$", re.MULTILINE)
HEADING = re.compile(r"^(#+) (.*?)(?: \{ #([\w-]+) \})?$", re.MULTILINE)
LIVE = re.compile(
    r"^```(?:run|python run|code)$.*?^```$|^::: [\w.]+$|<!-- runs: \w+ -->", re.MULTILINE | re.DOTALL
)
EXPRESSION = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
TEXT = re.compile(r'f?"[^"]*"')


def faults() -> Iterator[str]:
    """Yield what is wrong with the translations, page by page."""
    english, korean = pages("en"), pages("ko")
    for name in sorted(english.keys() ^ korean.keys()):
        yield f"{name} is there in one language only; write it in the other as well"
    for name in sorted(english.keys() & korean.keys()):
        yield from (f"{name}: {fault}" for fault in _differences(english[name], korean[name]))


def pages(language: str) -> dict[str, str]:
    """Return the pages of a language by their paths, with what they show of other files."""
    folder = DOCS / language
    return {
        path.relative_to(folder).as_posix(): _whole(path.read_text("utf-8")) for path in folder.rglob("*.md")
    }


def _whole(page: str) -> str:
    """Return a page with what it includes, its docstrings, and a call in place of what a program writes."""
    included = INCLUDED.sub(lambda found: (ROOT / found[1]).read_text("utf-8"), page)
    return API.sub(_described, WRITTEN.sub(r"{{ \1() }}", included))


def _described(shown: re.Match[str]) -> str:
    """Return a name of the API page with the first line of its docstring, and of those of its members."""
    members = shown[2].split(", ") if shown[2] else []
    things = [thing(".".join(path)) for path in ((shown[1],), *((shown[1], one) for one in members))]
    return "\n".join([shown[0], *((getdoc(one) or "").partition("\n")[0] for one in things)])


def mark(english: str) -> str:
    """Return what changes when an English page does."""
    return sha256(english.encode()).hexdigest()[:12]


def _differences(english: str, korean: str) -> Iterator[str]:
    found = MARK.search(korean)
    if not found or found[1] != mark(english):
        yield "the English page has changed since; read this again, then python -m docs.live.translations"
    for what, parts in (("headings", _headings), ("runs", _runs), ("numbers", _expressions)):
        if parts(english) != parts(korean):
            yield f"the two languages have different {what}: {parts(english)} and {parts(korean)}"


def _headings(page: str) -> list[tuple[str, str]]:
    """Return levels and anchors of the headings; mkdocs makes an anchor of English words that have none."""
    prose = FENCE.sub("", page)
    return [(level, anchor or slugify(title, "-")) for level, title, anchor in HEADING.findall(prose)]


def _runs(page: str) -> list[str]:
    return LIVE.findall(page)


def _expressions(page: str) -> set[str]:
    """Return what a page computes, whatever texts it gives with it."""
    return {TEXT.sub('""', " ".join(one.split())) for one in EXPRESSION.findall(page)}


def main() -> None:
    """Mark every Korean page as made from the English one of now."""
    for name, english in pages("en").items():
        path = DOCS / "ko" / name
        if path.exists():
            path.write_text(MARK.sub(f"english: {mark(english)}", path.read_text("utf-8"), count=1), "utf-8")


if __name__ == "__main__":
    main()
