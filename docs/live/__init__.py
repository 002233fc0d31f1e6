"""Live pages: what a page says to run is run while the site is built, and shown with what it gives."""

from typing import Any

from markdown import Markdown
from markdown.extensions import Extension

from docs.live.commands import Commands
from docs.live.expressions import Expressions
from docs.live.formulas import BlockFormulas, InlineFormula
from docs.live.included import Included

AFTER_SNIPPETS, AFTER_FENCES, AFTER_EXPRESSIONS = 31, 24, 23.5  # the others run at 32, 25 and 20
AFTER_CODE = 185


class Live(Extension):
    """Run what a page says to run."""

    def __init__(self, **given: Any) -> None:
        self.config = {"language": ["en", "language of labels in what is drawn"]}
        super().__init__(**given)

    def extendMarkdown(self, md: Markdown) -> None:
        """Put them to work, each after what it must not see."""
        language = self.getConfig("language")
        md.preprocessors.register(Commands(md, language), "live_commands", AFTER_SNIPPETS)
        md.preprocessors.register(Included(md), "live_included", AFTER_FENCES + 0.5)
        md.preprocessors.register(Expressions(md, language), "live_expressions", AFTER_FENCES)
        md.preprocessors.register(BlockFormulas(md), "live_formulas", AFTER_EXPRESSIONS)
        md.inlinePatterns.register(InlineFormula(md), "live_formula", AFTER_CODE)


def makeExtension(**given: Any) -> Live:
    """Return the extension, as Markdown asks for it."""
    return Live(**given)
