"""What the README says is so: its listing is the source, its program runs, its commands are ones."""

import re
import shlex
from pathlib import Path
from textwrap import dedent

import pytest

import tracetf
from tracetf.cli.main import tracetf as door

HOME = Path(__file__).parents[1]
README = (HOME / "README.md").read_text("utf-8")
PROGRAM, LISTING = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^    tracetf (.+?)(?: +#.*| \| .*| && .*)?$", README, re.MULTILINE)


def test_the_listing_is_the_source():
    source = (HOME / "tracetf/layers/attention.py").read_text("utf-8")
    assert LISTING in dedent("\n".join(line.removeprefix(" " * 8) for line in source.splitlines()))


def test_the_program_runs(capsys):
    exec(PROGRAM, {"other": tracetf.Trace()})  # what it is compared with is the reader's
    assert "555 of 555 steps recomputed" in capsys.readouterr().out


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_one(line):
    name, *words = shlex.split(line)
    door.commands[name].make_context(name, words)
