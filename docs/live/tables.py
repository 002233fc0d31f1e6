"""Tables that programs write into English pages, for the Korean ones: every text in Korean, or no build."""

import re
import tomllib
from functools import cache, partial
from pathlib import Path

from docs.live.commands import ROOT
from docs.settings import table

BENCHMARKS = ROOT / "docs" / "benchmarks.md"


def settings(language: str) -> str:
    """Return every setting of a training with its words, and its value in every preset."""
    return table(partial(said, language))


def benchmarks(language: str) -> str:
    """Return what was measured, as the page in English has it."""
    lines = BENCHMARKS.read_text("utf-8").splitlines()
    (torch, *head), *measured = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    told = [
        [said(language, what), number, wanted if re.search(r"\d", wanted) else said(language, wanted)]
        for what, number, wanted in measured
    ]
    told.insert(0, [torch, *(said(language, one) for one in head)])
    first, *rows = [f"| {' | '.join(cells)} |" for cells in told]
    return "\n".join([first, "|---|---|---|", *rows])


def said(language: str, text: str) -> str:
    """Return a text of a table in the language of a page.

    Raises:
        ValueError: nobody has said it in Korean yet.
    """
    if language == "en":
        return text
    if text not in korean():
        raise ValueError(f"{text!r} is not in docs/live/korean.toml; say it there in Korean")
    return korean()[text]


@cache
def korean() -> dict[str, str]:
    """Return the texts of the tables in English, each with its Korean."""
    return tomllib.loads(Path(__file__).with_name("korean.toml").read_text("utf-8"))
