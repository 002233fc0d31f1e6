"""Files of the repository that a page includes: their links to other such files become plain names."""

import re
from pathlib import Path

from markdown.preprocessors import Preprocessor

DOCS = Path(__file__).parents[1]
LINK = re.compile(r"\[([^\]]+)\]\(([^)#:\s]+)\)")


class Included(Preprocessor):
    """Leave out links that lead to files which the site does not hold."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines of a page without links to files of the repository."""
        return [LINK.sub(_plain, line) for line in lines]


def _plain(link: re.Match[str]) -> str:
    path = DOCS / link[2]
    return link[1] if path.exists() and path.suffix != ".md" else link[0]
