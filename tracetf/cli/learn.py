"""The commands that make a model and say how good it is: `train` and `evaluate`."""

from pathlib import Path

import click

from tracetf.cli.options import model_option

EVERY = 100


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default="student.safetensors", help="Checkpoint to write."
)
@click.option("--steps", type=click.IntRange(1), help="Optimiser steps.")
@click.option("--seed", type=int, help="Of weights, batches and dropout.")
def train(out: Path, steps: int | None, seed: int | None) -> None:
    """Train the shipped model again, from the first weight, on the built-in corpus."""
    import torch

    from tracetf.data.splits import splits
    from tracetf.evaluation import exact_match
    from tracetf.training.recipe import Recipe
    from tracetf.training.trainer import student
    from tracetf.training.trainer import train as run

    if not out.resolve().parent.is_dir():
        raise ValueError(f"{out.resolve().parent} is not a folder that {out.name} could be written to")
    given = {name: value for name, value in (("steps", steps), ("seed", seed)) if value is not None}
    recipe, corpus = Recipe(**given), splits("small")
    torch.set_num_threads(1)  # a model this small gains nothing from more, and one adds up in one order
    model = student(corpus, recipe)
    weights = sum(parameter.numel() for parameter in model.parameters())
    click.echo(f"{len(corpus.train):,} sentence pairs, {weights:,} parameters, {recipe.steps:,} steps")
    for progress in run(model, corpus.train, recipe):
        if progress.step % EVERY == 0 or progress.step == recipe.steps:
            click.echo(f"step {progress.step:5}  loss {progress.loss:.4f}  learning rate {progress.rate:.2e}")
    click.echo(f"exact match on validation: {exact_match(model, corpus.validation):.1%}")
    model.checkpoint().write(out)
    click.echo(f"written: {out}")


@click.command()
@model_option
def evaluate(model: Path | None) -> None:
    """Say how often the model is right on sentences it never met, and how readable its attention is."""
    from tracetf.data.splits import splits
    from tracetf.evaluation import exact_match, readability
    from tracetf.translate import load

    translator, corpus = load(model), splits("small")
    click.echo("exact match")
    for name in ("validation", "iid", "pair", "role", "rev", "struct", "shown"):
        pairs = getattr(corpus, name)
        click.echo(f"  {name:10} {exact_match(translator, pairs):7.1%} of {len(pairs)}")
    click.echo("largest cross-attention weight on a gold source word, content words of iid, head by head")
    for module, heads in readability(translator, corpus.iid).items():
        click.echo(f"  {module}  " + "  ".join(f"{share:.1%}" for share in heads))
