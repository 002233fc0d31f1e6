"""Numbers and pictures in a page: `{{ … }}` holds Python, which is computed while the site is built.

A page begins with `<!-- runs: name -->` and then knows the names of `docs/runs/name.py`. A number may be
followed by how to write it: `{{ loss:.3f }}`.
"""

import re
from functools import cache, partial
from importlib import import_module
from numbers import Real
from types import ModuleType
from typing import Any

from markdown.preprocessors import Preprocessor

from docs.live import drawing
from docs.live.markup import Html
from docs.live.settled import note

EXPRESSION = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)
RUNS = re.compile(r"^<!-- runs: (\w+) -->$", re.MULTILINE)


class Expressions(Preprocessor):
    """Put what an expression gives in its place."""

    def __init__(self, md: Any, language: str) -> None:
        super().__init__(md)
        self.helpers = {name: partial(getattr(drawing, name), language) for name in drawing.__all__}

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines of a page with the values of its expressions."""
        page = "\n".join(lines)
        found = RUNS.search(page)
        name = found[1] if found else ""
        names = {**self.helpers, **(vars(runs(name)) if name else {})}
        return EXPRESSION.sub(lambda one: self._value(one[1].strip(), names, name), page).split("\n")

    def _value(self, source: str, names: dict[str, Any], run: str) -> str:
        value = shown(source, names)
        if isinstance(value, Html):
            return self.md.htmlStash.store(value)
        note(run, source, value, names.get("VARIES", ()))
        return value


@cache
def runs(name: str) -> ModuleType:
    """Return the runs of a page, made once in a build."""
    return import_module(f"docs.runs.{name}")


def shown(source: str, names: dict[str, Any]) -> str:
    """Return what an expression gives, as text.

    Raises:
        ValueError: it cannot be computed.
    """
    try:
        code, spec = _parts(source)
        value = eval(code, dict(names))
        if isinstance(value, Html):
            return value
        text = format(value, spec)
    except Exception as error:
        raise ValueError(f"{{{{ {source} }}}} cannot be computed: {error!r}") from error
    return text.replace("-", "−") if isinstance(value, Real) else text


def _parts(source: str) -> tuple[Any, str]:
    """Return an expression compiled, and how to write its value."""
    try:
        return compile(source, "<page>", "eval"), ""
    except SyntaxError:
        expression, _, spec = source.rpartition(":")
        return compile(expression.strip(), "<page>", "eval"), spec
