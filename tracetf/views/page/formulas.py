"""Formulas as MathML: drawn by the browser itself, without a script or a font."""

from functools import cache
from html.parser import HTMLParser
from typing import Any

import math_core

Node = list[Any]
"""A tag, its attributes, and then texts and nodes."""


@cache
def mathml(tex: str) -> Node | None:
    """Return a TeX formula as a MathML tree, or nothing where it is not TeX that can be drawn."""
    try:
        drawn = math_core.LatexToMathML().convert_with_local_state(tex, displaystyle=True)
    except math_core.LatexError:
        return None
    return _Tree(drawn).root if tex else None


class _Tree(HTMLParser):
    """Read markup into nodes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[Node] = [["", {}]]
        self.feed(markup)
        self.close()
        self.root: Node = self.open[0][2]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = [tag, {name: value or "" for name, value in attrs}]
        self.open[-1].append(node)
        self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].append(data)
