"""The commands that only read: `show` a trace that was kept, `explain` a step. They import no torch."""

from pathlib import Path

import click

from tracetf.cli.options import View, terminal, view_options


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@view_options
def show(file: Path, view: View) -> None:
    """Show the trace kept in FILE."""
    from tracetf.trace.file import read_trace

    view.deliver(read_trace(file))


@click.command()
@click.argument("step")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", help="Language of the words [en].")
def explain(step: str, lang: str) -> None:
    """Explain STEP: what it is, why, what not to think, and its formula.

    A step is named by its key (attention.scores), its name (scores) or the path of an event.
    """
    from tracetf.steps import matching, nearest
    from tracetf.views.glossary import print_step
    from tracetf.words import words

    found = matching(step)
    if not found:
        near = nearest(step) or ["attention.scores", "attention.weights", "norm.normalized"]
        raise ValueError(f"no step is called {step!r}; nearest: {', '.join(near)}")
    for one in found:
        print_step(terminal(), one, words(lang))
