"""Commands, Python and code in a page: run once in a build, shown as they are.

A fence of the language `run` holds commands, one a line, each a call of `tracetf`, with their output below;
one of `python run` holds Python, whose names last to the end of the page; one of `code` names a piece of the
package, `tracetf.layers.norm.LayerNorm.forward "mean =" "output ="`, from the line that begins so to the one
that begins so; one of `quote` names a page of the repository, `docs/testing.md`, and below it how a block of
code there begins, `class Attention`.
"""

import ast
import inspect
import re
import shlex
import sys
import warnings
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache, reduce
from importlib import import_module
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from tempfile import mkdtemp
from textwrap import dedent
from typing import Any
from unittest.mock import patch

from markdown.preprocessors import Preprocessor

from tracetf.cli import main

FENCE = re.compile(r"^```(run|python run|code|quote)$(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOT = Path(__file__).parents[2]
WIDTH = "88"
TELLING = ("trace", "explain", "show", "compare", "experiment")  # commands that speak Korean too

OUTPUT = '<div class="output" tabindex="0" markdown>'  # a keyboard can scroll what is long


class Commands(Preprocessor):
    """Put the output of commands and of Python behind them, and code where its name stands."""

    def __init__(self, md: Any, language: str) -> None:
        super().__init__(md)
        self.language = language

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines of a page with what its commands print."""
        self.names: dict[str, Any] = {}
        return FENCE.sub(self._ran, "\n".join(lines)).split("\n")

    def _ran(self, fence: re.Match[str]) -> str:
        kind, source = fence[1], fence[2].strip("\n")
        if kind == "run":
            lines = [self._told(line) for line in source.split("\n")]
            return "\n\n".join(_shown("console", f"$ {line}", printed(line)) for line in lines)
        if kind == "quote":
            return quoted(source)
        return _shown("python", code(source) if kind == "code" else source, self._output(kind, source))

    def _output(self, kind: str, source: str) -> str:
        return "" if kind == "code" else executed(source, self.names)

    def _told(self, line: str) -> str:
        """Return a command as a reader of this language would give it."""
        speaks = self.language != "en" and line.split()[1] in TELLING
        return f"{line} --lang {self.language}" if speaks else line


def _shown(language: str, source: str, output: str) -> str:
    below = f"\n\n{OUTPUT}\n\n```text\n{output.rstrip()}\n```\n\n</div>" if output.strip() else ""
    return f"```{language}\n{source}\n```{below}"


@cache
def _room() -> str:
    """Return the folder in which the commands of a build find each other's files."""
    return mkdtemp(prefix="tracetf-site-")


@cache
def printed(line: str) -> str:
    """Run one command and return what it prints.

    Raises:
        ValueError: it is none of ours, or it fails.
    """
    name, *arguments = shlex.split(line)
    if name != "tracetf":
        raise ValueError(f"{line!r} is no command of ours; a page runs tracetf alone")
    screen = TextIOWrapper(BytesIO(), encoding="utf-8")
    with warnings.catch_warnings(), chdir(_room()), redirect_stdout(screen), redirect_stderr(screen):
        code = _main(arguments)
    if code:
        raise ValueError(f"{line!r} ends with exit code {code}; mend the command")
    screen.seek(0)
    return screen.read()


def _main(arguments: list[str]) -> int:
    with patch.object(sys, "argv", ["tracetf", *arguments]), patch.dict("os.environ", COLUMNS=WIDTH):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def executed(source: str, names: dict[str, Any]) -> str:
    """Run Python and return what it prints; a value that stands alone on the last line is printed too."""
    screen = StringIO()
    with redirect_stdout(screen), chdir(_room()):
        for statement in _statements(source):
            code = compile(statement, "<page>", "single")
            exec(code, names)
    return screen.getvalue()


def _statements(source: str) -> Iterator[ast.Interactive]:
    for statement in ast.parse(source).body:
        yield ast.Interactive([statement])


def code(asked: str) -> str:
    """Return the lines of a function or class of the package, or those between two that begin as said.

    Raises:
        ValueError: there is no such thing, or no such line in it.
    """
    path, *ends = shlex.split(asked)
    try:
        lines = dedent(inspect.getsource(thing(path))).splitlines()
        begun = [next(i for i, line in enumerate(lines) if line.strip().startswith(end)) for end in ends]
    except (AttributeError, StopIteration) as error:
        raise ValueError(
            f"{asked} is not in the package any more; say what a page is to show instead"
        ) from error
    first, last = (begun[0], begun[-1]) if begun else (0, len(lines))
    return dedent("\n".join(lines[first : last + 1])).rstrip()


def quoted(asked: str) -> str:
    """Return the block of code of a page that begins so.

    Raises:
        ValueError: there is none, or several.
    """
    page, _, start = asked.partition("\n")
    blocks = BLOCK.finditer((ROOT / page).read_text("utf-8"))
    found = [block[0] for block in blocks if block[1].startswith(start)]
    if len(found) != 1:
        raise ValueError(f"{page} has {len(found)} blocks that begin with {start!r}; say which one to quote")
    return found[0]


def thing(path: str) -> Any:
    """Return what stands under a dotted path in the package."""
    module, names = _module(path.split("."))
    return reduce(getattr, names, module)


def _module(parts: list[str]) -> tuple[Any, list[str]]:
    """Return the module that a dotted path begins with, and the names that follow."""
    for end in range(len(parts), 0, -1):
        try:
            return import_module(".".join(parts[:end])), parts[end:]
        except ModuleNotFoundError:
            continue
    raise ValueError(f"{'.'.join(parts)} is no module of ours")
