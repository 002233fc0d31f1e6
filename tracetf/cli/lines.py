"""What goes in and comes out line by line."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


class LeftEmpty:
    """Say which lines of the input stay empty in the output, and why."""

    def __init__(self) -> None:
        self.lines = 0

    def __call__(self, number: int, error: ValueError) -> None:
        self.lines += 1
        warnings.warn(f"line {number} stays empty: {error}", stacklevel=2)


def decoded(lines: Iterable[bytes], refused: Callable[[int, ValueError], None]) -> Iterator[str]:
    """Yield lines as text; one that is not UTF-8 is refused and becomes empty.

    A line ends at a line feed, with or without a carriage return before it, and nowhere else.
    """
    for number, line in enumerate(lines, 1):
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        try:
            yield text.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            wrong = f"it is not UTF-8: byte 0x{text[error.start]:02X} at position {error.start}"
            refused(number, ValueError(wrong))
            yield ""


@contextmanager
def whole_text(path: Path) -> Iterator[TextIO]:
    """Give a block a text file to write, and put it at `path` only once the block is done."""
    from tracetf.files import whole_file

    with whole_file(path) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        yield file
