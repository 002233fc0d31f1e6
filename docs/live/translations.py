"""Every page there is in both languages, and neither has gone on without the other.

A Korean page begins with the mark of the English text it was made from. `python -m docs.live.translations`
writes the marks anew, once the translations have been read again.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

DOCS = Path(__file__).parents[1]
MARK = re.compile(r"^english: (\w+)$", re.MULTILINE)
HEADING = re.compile(r"^(#+) .*?(\{ #[\w-]+ \})?$", re.MULTILINE)
LIVE = re.compile(
    r"^```(?:run|python run|code)$.*?^```$|^--8<--[^\n]*$|<!-- runs: \w+ -->", re.MULTILINE | re.DOTALL
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
    """Return the pages of a language by their paths."""
    folder = DOCS / language
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.md")}


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
    prose = FENCE.sub("", page)
    return [(level, anchor or "no anchor") for level, anchor in HEADING.findall(prose)]


def _runs(page: str) -> list[str]:
    return LIVE.findall(page)


def _expressions(page: str) -> set[str]:
    """Return what a page computes, whatever texts it gives with it."""
    return {TEXT.sub('""', " ".join(one.split())) for one in EXPRESSION.findall(page)}


def main() -> None:
    """Mark every Korean page as made from the English one of now."""
    english = pages("en")
    for name, page in pages("ko").items():
        if name in english:
            (DOCS / "ko" / name).write_text(
                MARK.sub(f"english: {mark(english[name])}", page, count=1), "utf-8"
            )


if __name__ == "__main__":
    main()
