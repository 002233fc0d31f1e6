"""The terminal itself."""

from rich.console import Console


class Terminal(Console):
    """A console whose reader may leave early: `tracetf … | head` is no mistake."""

    def on_broken_pipe(self) -> None:
        """Leave it to the command line to end quietly."""
        raise BrokenPipeError
