"""The commands that run a model: `trace` and `translate`."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from tracetf.cli.lines import LeftEmpty, decoded, whole_text
from tracetf.cli.options import View, model_option, strategy_options, view_options
from tracetf.cli.what_if import TAUGHT, Task, what_if
from tracetf.dimensions import PARTS


@click.command()
@click.argument("sentence")
@model_option
@click.option("--target", metavar="TEXT", help="Give the decoder this Korean sentence instead of decoding.")
@click.option("--cached", is_flag=True, help="Decode with cached keys and values, one row a word.")
@strategy_options
@click.option(
    "--without",
    multiple=True,
    metavar="PART",
    help=f"Show, keep and verify the run without {', '.join((*PARTS, *TAUGHT))} or head 2 of layer 1 "
    "(head:1.2; of one attention: head:encoder.1.2, head:decoder.1.2, head:cross.1.2), then where it parts "
    "from the run with it.",
)
@click.option(
    "--against",
    metavar="TEXT",
    help="With --without: is the set of rows that the encoder makes of SENTENCE that of TEXT, too?",
)
@click.option(
    "--train", is_flag=True, help="Watch one training step on SENTENCE and its translation, or --target."
)
@click.option(
    "--after", type=click.IntRange(0), metavar="N", help="Training steps on them before that one [0]."
)
@view_options
def trace(
    sentence: str,
    model: str,
    target: str | None,
    cached: bool,
    without: tuple[str, ...],
    against: str | None,
    train: bool,
    after: int | None,
    strategy: dict[str, Any],
    view: View,
) -> None:
    """Follow SENTENCE through the model, number by number, out to its translation.

    With --train, follow one step of training: forward, loss, backward, update. No file is changed by it.
    """
    from tracetf.shipped import load

    if (cached or strategy) and (train or target is not None):
        wish = "--cached" if cached else f"--{next(iter(strategy)).replace('_', '-')}"
        given = "--train" if train else "--target"
        raise click.UsageError(f"{wish} has no meaning with {given}: all words are read at once")
    if after is not None and not train:
        raise click.UsageError("--after counts training steps; give --train as well")
    if against is not None and not without:
        raise click.UsageError(
            "--against holds two orders of words against each other without a part; give --without as well: "
            "--without positions"
        )
    task = Task(sentence, target, cached, (after or 0) if train else None, strategy)
    if without:
        what_if(task, load(model), without, against, view)
    else:
        run, written = task.run(load(model))
        view.deliver(run, task.ending(written))


@click.command()
@click.argument("sentences", nargs=-1, metavar="[SENTENCE…|-]")
@model_option
@click.option("--input", "file", type=click.Path(path_type=Path), metavar="FILE", help="Read lines of FILE.")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write FILE, once all is translated."
)
@click.option(
    "--batch", type=click.IntRange(1), default=64, metavar="N", help="Sentences decoded together [64]."
)
@strategy_options
def translate(
    sentences: tuple[str, ...],
    model: str,
    file: Path | None,
    output: Path | None,
    batch: int,
    strategy: dict[str, Any],
) -> None:
    """Translate each SENTENCE, or with - each line of standard input, or with --input each line of a file.

    One line comes out for each that goes in. A line of the input that cannot be read stays empty and is
    named by its number; the exit code is then 1.
    """
    from tracetf.shipped import load

    if not sentences and file is None:
        raise click.UsageError("no sentence given; give one, or - to read standard input, or --input FILE")
    if sentences and file is not None:
        raise click.UsageError("both sentences and --input given; give one of them")
    translator, left_empty = load(model), LeftEmpty()
    with ExitStack() as stack:
        if sentences not in ((), ("-",)):
            translations = translator.translate_all(sentences, batch, **strategy)
        else:
            lines = sys.stdin.buffer if file is None else stack.enter_context(file.open("rb"))
            read = decoded(lines, left_empty)
            translations = translator.translate_all(read, batch, left_empty, **strategy)
        out = sys.stdout if output is None else stack.enter_context(whole_text(output))
        for translation in translations:
            print(translation, file=out, flush=output is None)
    if left_empty.lines:
        sys.exit(1)
