"""Formulas in a page: `$…$` and `$$…$$` in TeX become MathML, which the browser draws itself."""

import re
from functools import cache

import math_core
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor

INLINE = r"(?<![\\$])\$(?![\s$])([^$\n]*?[^$\s\\])\$(?![\d$])"
BLOCK = re.compile(r"^\$\$(.+?)\$\$$", re.MULTILINE | re.DOTALL)


class InlineFormula(InlineProcessor):
    """Draw a formula in a line."""

    def __init__(self, md: object) -> None:
        super().__init__(INLINE, md)

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:
        """Return the formula that a match holds, and where it stood."""
        return self.md.htmlStash.store(mathml(m[1], False)), m.start(0), m.end(0)


class BlockFormulas(Preprocessor):
    """Draw formulas that stand by themselves."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines of a page with its formulas drawn."""
        return BLOCK.sub(self._block, "\n".join(lines)).split("\n")

    def _block(self, found: re.Match[str]) -> str:
        drawn = f'<div class="formula" tabindex="0">{mathml(found[1], True)}</div>'
        return f"\n{self.md.htmlStash.store(drawn)}\n"


@cache
def mathml(tex: str, display: bool) -> str:
    """Return a TeX formula as MathML.

    Raises:
        ValueError: it is not TeX.
    """
    try:
        return math_core.LatexToMathML().convert_with_local_state(tex.strip(), displaystyle=display)
    except math_core.LatexError as error:
        raise ValueError(f"the formula {tex.strip()!r} is not TeX: {error}") from None
