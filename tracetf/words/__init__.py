"""The words for every step, in English and in Korean: one table of strings a language, with the same keys."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tracetf.steps import Step

LANGUAGES = ("en", "ko")


@dataclass(frozen=True, slots=True)
class Word:
    """Say what a step, a place in the model or a phase is called and what it does.

    Args:
        title: what a lecturer calls it.
        what: one sentence: what it is.
        why: why it is done.
        avoid: the misunderstanding to avoid.
    """

    title: str
    what: str
    why: str = ""
    avoid: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Hold the words of one language: of steps, places and phases by their keys, what screen and page say."""

    steps: Mapping[str, Word]
    places: Mapping[str, Word]
    phases: Mapping[str, Word]
    screen: Mapping[str, str]
    page: Mapping[str, str]

    def of(self, step: Step) -> Word:
        """Return the words of a step; those it brought itself if it is none of ours."""
        return self.steps.get(step.key) or Word(step.title or step.name, step.what)


@cache
def words(language: str) -> Words:
    """Read the words of `en` or `ko`."""
    table = tomllib.loads((files("tracetf.words") / f"{language}.toml").read_text(encoding="utf-8"))
    told = {
        kind: {key: Word(**word) for key, word in table[kind].items()}
        for kind in ("steps", "places", "phases")
    }
    return Words(**told, screen=table["screen"], page=table["page"])
