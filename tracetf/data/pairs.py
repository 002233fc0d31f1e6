"""Sentence pairs in a file: one pair a line, its sides between tabs, in UTF-8, gzipped or not."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Literal, NamedTuple

from tracetf.data.text import UNPRINTABLE, plain

LONGEST_LINE = 1 << 16
NAMED = 5
GZIP = b"\x1f\x8b"

Damaged = Literal["refuse", "skip"]


class TextPair(NamedTuple):
    """Hold a sentence and its translation, written one way: composed letters (NFC), single spaces."""

    source: str
    target: str


@dataclass(frozen=True)
class PairFile:
    """Hold what a file of sentence pairs says.

    Args:
        pairs: the good lines, in their order.
        left_out: how many lines were not good.
        damage: what is wrong with the first few of them, each by its number.
    """

    pairs: list[TextPair]
    left_out: int
    damage: tuple[str, ...]

    def __str__(self) -> str:
        said = ", ".join(self.damage) + (", …" if self.left_out > len(self.damage) else "")
        return f"{self.left_out:,} of {self.left_out + len(self.pairs):,} lines are damaged: {said}"


def read_pairs(
    path: str | Path, *, damaged: Damaged = "refuse", columns: tuple[int, int] = (1, 2)
) -> PairFile:
    """Read the sentence pairs of a file; it is gzipped if its first bytes say so.

    A line is damaged that is not UTF-8, lacks a column or has nothing in it, holds a control character or is
    longer than 65,536 bytes; so is what a broken gzip stream ends in.

    Args:
        damaged: `refuse` the file for one damaged line, or `skip` all of them.
        columns: which columns are source and target, counted from 1.

    Raises:
        ValueError: damaged lines that are not to be skipped; no good line at all.
        OSError: the file cannot be read.
    """
    if min(columns) < 1:
        raise ValueError(
            f"columns={columns} are counted from 1; name the column of the source and that of the target"
        )
    pairs: list[TextPair] = []
    damage: list[str] = []
    lines = 0
    for lines, found in enumerate(_found(Path(path), columns), 1):
        if isinstance(found, TextPair):
            pairs.append(found)
        elif len(damage) < NAMED:
            damage.append(f"line {lines} {found}")
    said = PairFile(pairs, lines - len(pairs), tuple(damage))
    if damage and damaged == "refuse":
        raise ValueError(f"{path}: {said}; mend them, or leave them out with damaged=skip (--damaged skip)")
    if not pairs:
        raise ValueError(
            f"{path} holds no sentence pair{f': {said}' if damage else ''}; "
            "write one pair a line: source, tab, target"
        )
    return said


def _found(path: Path, columns: tuple[int, int]) -> Iterator[TextPair | str]:
    """Yield line by line the pair that it holds, or what is wrong with it."""
    with path.open("rb") as file:
        gzipped = file.peek(len(GZIP)).startswith(GZIP)
        try:
            for line in _lines(gzip.GzipFile(fileobj=file) if gzipped else file):
                try:
                    yield _pair(line, columns)
                except ValueError as error:
                    yield str(error)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            yield "is where the gzip stream breaks off"


def _lines(file: BufferedIOBase) -> Iterator[bytes]:
    """Yield lines; of one that is too long, only enough to tell."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE + 1)


def _pair(line: bytes, columns: tuple[int, int]) -> TextPair:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"is longer than {LONGEST_LINE:,} bytes")
    try:
        cells = line.decode("utf-8-sig").rstrip("\r\n").split("\t")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    if len(cells) < max(columns):
        raise ValueError(f"has {len(cells)} columns" if len(cells) > 1 else "has no tab")
    sides = [plain(cells[column - 1]) for column in columns]
    if not all(sides):
        raise ValueError("has an empty side")
    if odd := UNPRINTABLE.search("".join(sides)):
        raise ValueError(f"holds the control character U+{ord(odd[0]):04X}")
    return TextPair(*sides)
