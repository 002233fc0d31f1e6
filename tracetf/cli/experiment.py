"""The command that measures something here and now, and tells what came out: `experiment`."""

from pathlib import Path

import click

from tracetf.cli.options import terminal
from tracetf.experiments import EXPERIMENTS

LISTED = "\n".join(f"{name:11} {question}" for name, question in EXPERIMENTS.items())


@click.command(epilog=f"\b\n{LISTED}")
@click.argument("name", type=click.Choice(list(EXPERIMENTS)), metavar="NAME")
@click.option(
    "--picture", type=click.Path(path_type=Path), metavar="FILE", help="Draw the curves to FILE, as SVG."
)
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", help="Language of the words [en].")
def experiment(name: str, picture: Path | None, lang: str) -> None:
    """Measure something here and now, and tell what came out.

    NAME is one of those below; each takes seconds.
    """
    if picture and picture.suffix != ".svg":
        raise ValueError(f"{picture} is no name for a picture; pictures are SVG, so let it end in .svg")

    from tracetf.cli.findings import FINDINGS
    from tracetf.files import whole_file
    from tracetf.views.finding import print_finding
    from tracetf.words import words

    found = FINDINGS[name](words(lang).screen)
    if picture and not found.picture:
        raise ValueError(f"the experiment {name} has no curves to draw; leave --picture out")
    print_finding(terminal(), found)
    if picture and found.picture:
        with whole_file(picture) as draft:
            draft.write_text(found.picture.svg(), encoding="utf-8")
