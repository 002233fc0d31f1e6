"""The command that judges one run by another: `compare`. It imports no torch."""

import json
import sys
from pathlib import Path

import click

from tracetf.cli.options import terminal


def _rules(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    rules = {}
    for rule in given:
        theirs, _, ours = rule.partition("=")
        if not theirs or not ours:
            raise click.BadParameter(f"{rule!r} is no new name; write THEIRS=OURS", context, option)
        rules[theirs] = ours
    return rules


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--tolerance", type=float, default=2e-5, help="Largest |Δ| that counts as agreement [2e-5].")
@click.option(
    "--names",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='What B calls otherwise, as JSON: {"theirs": "ours"}.',
)
@click.option(
    "--rename",
    multiple=True,
    callback=_rules,
    metavar="THEIRS=OURS",
    help="One such name: '*.attn=*.attention'.",
)
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", help="Language of the words [en].")
@click.option("--width", type=click.IntRange(40, 1000), metavar="N", help="Columns [the terminal's].")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="[auto]")
def compare(
    a: Path,
    b: Path,
    tolerance: float,
    names: Path | None,
    rename: dict[str, str],
    lang: str,
    width: int | None,
    color: str,
) -> None:
    """Say where the runs kept in A and B first differ, and whether the fault is in that step.

    A is the reference. The exit code is 0 if they are equal, 1 if they differ, 2 if nothing can be compared.
    """
    from tracetf.trace.compare import compare as hold
    from tracetf.trace.file import read_trace
    from tracetf.views.difference import print_comparison
    from tracetf.words import words

    comparison = hold(read_trace(a), read_trace(b), tolerance, read_names(names) | rename)
    if comparison.trouble:
        raise ValueError(comparison.trouble)
    console = terminal(width, color)
    console.print(f"a  {a}\nb  {b}\n", style="dim", markup=False, highlight=False)
    print_comparison(console, comparison, words(lang))
    if not comparison:
        sys.exit(1)


def read_names(file: Path | None) -> dict[str, str]:
    """Read what names stand for what.

    Raises:
        ValueError: no JSON object of names.
        OSError: the file cannot be read.
    """
    if file is None:
        return {}
    try:
        names = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        names = None
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise ValueError(f'{file} is no JSON object of names; write {{"theirs": "ours"}}')
    return names
