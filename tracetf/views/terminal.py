"""The terminal itself."""

from rich.console import Console
from rich.text import Text

INDENT = 2


class Terminal(Console):
    """A console whose reader may leave early: `tracetf … | head` is no mistake."""

    def on_broken_pipe(self) -> None:
        """Leave it to the command line to end quietly."""
        raise BrokenPipeError


def print_indented(console: Console, text: Text) -> None:
    """Print a text a little to the right, wrapped, without spaces at the ends of its lines."""
    for line in text.wrap(console, console.width - INDENT):
        line.rstrip()
        console.print(Text(" " * INDENT).append_text(line) if line else "")
