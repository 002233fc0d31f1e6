"""Files, written whole or not at all, and read as if somebody had meant harm."""

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from errno import EEXIST, ENOENT
from functools import cached_property, lru_cache
from math import prod
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open

T = TypeVar("T")
Check = Callable[[Any], T]

MOST_AXES = 32
LARGEST_EMPTY = 1 << 20
AT_HAND = 4


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a block a file of its own to write, and put it at `path` only once the block is done.

    Raises:
        OSError: the folder is not there, not writable or full; `path` is as it was.
    """
    check_place(path)
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        draft.touch(exist_ok=False)
        allowed = draft.stat().st_mode  # by the umask, which safetensors does not follow
        yield draft
        draft.chmod(allowed)
        with draft.open("r+b") as file:
            os.fsync(file.fileno())  # some disks say only now that they are full
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Refuse a path where no file can be put.

    Raises:
        OSError: its folder is not there, or it is a folder or a device itself.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(ENOENT, "no such folder to write to", str(path.parent))
    if path.exists() and not path.is_file():
        raise FileExistsError(EEXIST, "there is something that is no file", str(path))


class ArrayFile:
    """Arrays in a safetensors file, each read only when it is asked for; header and shapes are known before.

    Args:
        framework: what the arrays come as, `numpy` or `pt`.
        kinds: the kinds of numbers that are taken, in the words of safetensors: `F32`, `BOOL`.

    Raises:
        SafetensorError: not a safetensors file, or not a whole one.
        OSError: the file cannot be read.
    """

    def __init__(self, path: str | Path, framework: str, kinds: Collection[str]) -> None:
        Path(path).open("rb").close()  # safetensors would not name a folder that it cannot open
        # Not mapped into memory: who cuts a mapped file short kills its readers.
        file: Any = safe_open(path, framework=framework, backend="pread")
        self.header: Mapping[str, str] = file.metadata() or {}
        self._file = file
        self._kinds = kinds

        @lru_cache(maxsize=AT_HAND)
        def read(name: str) -> Any:
            try:
                return file.get_tensor(name)
            except SafetensorError as error:
                raise OSError(f"{path} was cut short after it was opened: {error}; read it again") from error

        self.read = read

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array, by its name.

        Raises:
            ValueError: an array that nobody would have written.
        """
        names = self._file.keys()
        return {name: _shape(name, self._file.get_slice(name), self._kinds) for name in names}


def _shape(name: str, array: Any, kinds: Collection[str]) -> tuple[int, ...]:
    shape, kind = tuple(array.get_shape()), array.get_dtype()
    if kind not in kinds:
        raise ValueError(f"{name} is made of {kind}, not of {', '.join(kinds)}")
    # An array without numbers takes no room in the file, whatever its other sizes claim.
    if len(shape) > MOST_AXES or (0 in shape and prod(size for size in shape if size) > LARGEST_EMPTY):
        raise ValueError(f"{name} claims the shape {shape}")
    return shape


@contextmanager
def refusing_damage(path: str | Path, kind: str, remedy: str) -> Iterator[None]:
    """Turn whatever is wrong with the content of a file into one clear refusal.

    Raises:
        ValueError: something was.
    """
    try:
        yield
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"{path} is not a whole {kind}: {error}; {remedy}") from error


def parse(header: Mapping[str, str], name: str, check: Check[T]) -> T:
    """Return what the JSON under a name of a header says.

    Raises:
        ValueError: nothing there, no JSON, or not what is expected.
    """
    if name not in header:
        raise ValueError(f"its header says nothing of {name}")
    try:
        return check(json.loads(header[name], object_pairs_hook=_each_once))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name}: {error}") from error


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError(f"a name is said twice among {', '.join(map(repr, said))[:60]}")
    return said


def anything(said: Any) -> Any:
    """Take whatever JSON can say."""
    return said


def text(said: Any) -> str:
    """Take a text that can be written again."""
    if not isinstance(said, str):
        raise ValueError(f"{said!r:.60} is no text")
    said.encode()
    return said


def count(said: Any) -> int:
    """Take a whole number from 0 on."""
    if type(said) is not int or not 0 <= said < 1 << 63:
        raise ValueError(f"{said!r:.60} is no whole number from 0 on")
    return said


def number(said: Any) -> int | float:
    """Take a number, an infinite one too."""
    if type(said) is int and abs(said) < 1 << 1000:
        return said
    if type(said) is float:
        return said
    raise ValueError(f"{said!r:.60} is no number")


def truth(said: Any) -> bool:
    """Take true or false.

    Raises:
        ValueError: anything else.
    """
    if not isinstance(said, bool):
        raise ValueError(f"{said!r:.60} is neither true nor false")
    return said


def listing(of: Check[T]) -> Check[tuple[T, ...]]:
    """Take a list of what `of` takes."""

    def check(said: Any) -> tuple[T, ...]:
        if not isinstance(said, list):
            raise ValueError(f"{said!r:.60} is no list")
        return tuple(map(of, said))

    return check


def table(of: Check[T]) -> Check[dict[str, T]]:
    """Take an object whose values are what `of` takes."""

    def check(said: Any) -> dict[str, T]:
        if not isinstance(said, dict):
            raise ValueError(f"{said!r:.60} is no object")
        return {text(name): of(value) for name, value in said.items()}

    return check


def record(**checks: Check[Any]) -> Check[dict[str, Any]]:
    """Take an object that has these names; what else it has is left out."""

    def check(said: Any) -> dict[str, Any]:
        missing = checks.keys() - table(anything)(said).keys()
        if missing:
            raise ValueError(f"{said!r:.60} lacks {min(missing)}")
        return {name: of(said[name]) for name, of in checks.items()}

    return check
