"""The command that says how good a model is: `evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tracetf.cli.options import model_option

if TYPE_CHECKING:
    from tracetf.translate import Translator

SPLITS = ("validation", "iid", "pair", "role", "rev", "struct", "shown")


@click.command()
@model_option
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="FILE", help="Pairs to judge by [the built-in ones]."
)
@click.option("--columns", metavar="COLUMNS", help="Columns of source and target there [1,2].")
@click.option("--damaged", type=click.Choice(["refuse", "skip"]), help="Damaged lines there [refuse].")
def evaluate(
    model: str, data: Path | None, columns: str | None, damaged: Literal["refuse", "skip"] | None
) -> None:
    """Say how good a model is on sentences it never met.

    On the built-in ones: how often it is right to the letter, and how readable its attention is. On those of
    FILE: loss, perplexity, exact match, BLEU and chrF.
    """
    from tracetf.shipped import load

    if data is None:
        for name, given in (("--columns", columns), ("--damaged", damaged)):
            if given is not None:
                raise click.UsageError(f"{name} is about a file of pairs; give --data FILE as well")
        _on_the_corpus(load(model))
    else:
        _on_a_file(load(model), data, columns or "1,2", damaged or "refuse")


def _on_the_corpus(translator: "Translator") -> None:
    from tracetf.data.splits import splits
    from tracetf.evaluation import readability
    from tracetf.quality import exact_match, translated
    from tracetf.training.lessons import texts

    corpus = splits("small")
    click.echo("exact match")
    for name in SPLITS:
        pairs = texts(getattr(corpus, name))
        share = exact_match(translated(translator, pairs), [pair.target for pair in pairs])
        click.echo(f"  {name:10} {share:7.1%} of {len(pairs)}")
    looks = readability(translator, corpus.iid)
    if looks:
        click.echo("largest attention weight on a gold source word, content words of iid, head by head")
    for module, heads in looks.items():
        click.echo(f"  {module}  " + "  ".join(f"{share:.1%}" for share in heads))


def _on_a_file(
    translator: "Translator", data: Path, columns: str, damaged: Literal["refuse", "skip"]
) -> None:
    from tracetf.data.pairs import read_pairs
    from tracetf.quality import NO_BLEU, has_bleu
    from tracetf.training.batches import numbered
    from tracetf.training.judging import fitting, judge
    from tracetf.training.settings import columns as numbers
    from tracetf.training.watched import learned_by

    found = read_pairs(data, damaged=damaged, columns=numbers(columns))
    ids, too_long = numbered(translator, found.pairs)
    if not ids:
        raise ValueError(f"no pair of {data} is short enough for the model; give shorter sentences")
    smoothing = learned_by(translator).smoothing  # so that the loss is the one its training told of
    for name, value in judge(translator, ids, fitting(translator, found.pairs), smoothing).items():
        click.echo(f"{name:16} {value:.4f}" if isinstance(value, float) else f"{name:16} {value}")
    notes = {str(found): found.left_out, f"{too_long:,} pairs are too long for the model": too_long}
    for note in (*(note for note, holds in notes.items() if holds), *([] if has_bleu() else [NO_BLEU])):
        click.echo(note, err=True)
