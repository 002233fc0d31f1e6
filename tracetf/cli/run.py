"""The commands that run a model: `trace` and `translate`."""

import sys
from pathlib import Path

import click

from tracetf.cli.options import View, model_option, view_options


@click.command()
@click.argument("sentence")
@model_option
@click.option("--target", metavar="TEXT", help="Give the decoder this Korean sentence instead of decoding.")
@click.option("--cached", is_flag=True, help="Decode with cached keys and values, one row a word.")
@view_options
def trace(sentence: str, model: Path | None, target: str | None, cached: bool, view: View) -> None:
    """Follow SENTENCE through the model, number by number, out to its translation."""
    from tracetf.recorder import record
    from tracetf.translate import load

    if target is not None and cached:
        raise click.UsageError("--cached has no meaning with --target: all words are read at once")
    translator = load(model)
    with record(translator) as run:
        if target is None:
            ending = f"{sentence}  →  {translator.translate(sentence, cached)}"
        else:
            translator.force(sentence, target)
            ending = ""
    view.deliver(run, ending)


@click.command()
@click.argument("sentences", nargs=-1, metavar="[SENTENCE…|-]")
@model_option
def translate(sentences: tuple[str, ...], model: Path | None) -> None:
    """Translate each SENTENCE, or with - each line of standard input, into Korean."""
    from tracetf.translate import load

    if not sentences:
        raise click.UsageError("no sentence given; give one, or - to read lines from standard input")
    lines = list(sentences) if sentences != ("-",) else read_lines()
    for translation in load(model).translate_all(lines):
        print(translation)


def read_lines() -> list[str]:
    """Return the lines of standard input.

    Raises:
        ValueError: a line is not UTF-8, named by its number.
    """
    lines = []
    for number, line in enumerate(sys.stdin.buffer.read().splitlines(), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ValueError(
                f"line {number} of standard input is not UTF-8: byte 0x{line[error.start]:02X} "
                f"at position {error.start}"
            ) from None
    return lines
