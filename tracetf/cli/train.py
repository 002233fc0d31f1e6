"""The commands that train a model and draw how it went: `train` and `curves`."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from tracetf.cli.options import terminal
from tracetf.training.config import read_config
from tracetf.training.presets import PRESETS, preset
from tracetf.training.setting import Setting
from tracetf.training.settings import SETTINGS

if TYPE_CHECKING:
    from tracetf.training.run import Run, Watch

METAVARS: dict[Any, str] = {int: "N", float: "X", str: "TEXT"}

lang_option = click.option(
    "--lang", type=click.Choice(["en", "ko"]), default="en", help="Language of the words [en]."
)


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for every setting; None says that it was not given."""
    for name, one in reversed(SETTINGS.items()):
        told = one.metadata["help"]
        option = click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=one.type,
            metavar=_metavar(one),
            help=f"{told[0].upper()}{told[1:]}.",
        )
        command = option(command)
    return command


def _metavar(one: Setting) -> str:
    choices = [choice for choice in one.metadata["choices"] if choice]
    if choices:
        return f"[{'|'.join(choices)}]"
    return str(one.metadata["unit"]).upper() or METAVARS[one.type]


@click.command()
@click.option(
    "--preset",
    "name",
    type=click.Choice(list(PRESETS)),
    help="What to begin with [student; tiny with --data].",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings in TOML, by the names of the options below, which have the last word.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Where everything is kept [runs/PRESET]."
)
@click.option("--resume", is_flag=True, help="Go on with the training that is kept there.")
@click.option("--force", is_flag=True, help="Forget the training that is kept there, and begin anew.")
@lang_option
@settings_options
def train(
    name: str | None,
    config: Path | None,
    out: Path | None,
    resume: bool,
    force: bool,
    lang: str,
    **options: Any,
) -> None:
    """Train a model; if nothing else is said, the one that ships, from its first weight.

    Ctrl-C keeps everything; --resume goes on from there to the same bits.
    """
    if resume and force:
        raise click.UsageError("--resume goes on with a training and --force forgets it: give one of them")
    given = read_config(config) if config else {}
    given |= {setting: value for setting, value in options.items() if value is not None}
    named = name or ("tiny" if given.get("data") else "student")
    folder = out or Path("runs") / named
    # Before torch is imported, so that mistakes are told at once; on resuming, the folder has the settings.
    settings = None if resume else preset(named, **given)

    from tracetf.training import opening

    with opening.begin(folder, settings, force) if settings else opening.resume(folder, **given) as run:
        stopped = _follow(run, lang)
    if stopped:
        sys.exit(128 + stopped)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@lang_option
def curves(folder: Path, lang: str) -> None:
    """Draw loss and learning rate of the training in FOLDER, as SVG."""
    for path in draw(folder, lang):
        click.echo(path)


def draw(folder: Path, lang: str) -> list[Path]:
    """Draw the metrics of a training beside them, and return the pictures' paths.

    Raises:
        ValueError: no metrics, or damaged ones.
        OSError: a file cannot be read or written.
    """
    from tracetf.files import whole_file
    from tracetf.training.metrics import METRICS, read_metrics
    from tracetf.views.curves import loss_svg, rate_svg
    from tracetf.words import words

    metrics, said = read_metrics(folder / METRICS), words(lang).screen
    pictures = {"loss.svg": loss_svg(metrics, said), "learning-rate.svg": rate_svg(metrics, said)}
    for name, picture in pictures.items():
        with whole_file(folder / name) as draft:
            draft.write_text(picture, encoding="utf-8")
    return [folder / name for name in pictures]


def _follow(run: "Run", lang: str) -> int:
    """Train, telling of it, and return the signal that ended it early, or 0."""
    from rich.console import Console

    from tracetf.views.progress import Reporter
    from tracetf.words import words

    said = words(lang).screen
    console = terminal() if run.together.first else Console(quiet=True)
    reporter = Reporter(console, said, run.settings.steps)
    reporter.say(*_beginning(run, said))
    with reporter, _stopping(run) as signals:
        for news in run.train(_watch(run)):
            step = news.progress
            reporter.step(step.step, step.epoch, step.loss, step.rate, step.tokens)
            if news.judged:
                reporter.judged(step.step, news.judged)
    if signals:
        reporter.say(said["learn_stopped"].format(step=f"{run.state.step:,}"))
    elif run.state.step < run.settings.steps:
        reporter.say(said["learn_patient"].format(step=f"{run.state.step:,}", patience=run.settings.patience))
    if run.together.first and run.state.step:
        for path in (run.checkpoint, *draw(run.folder, lang)):
            reporter.say(said["learn_written"].format(path))
    return signals[0] if signals else 0


def _beginning(run: "Run", said: Mapping[str, str]) -> Iterator[str]:
    """Yield what is to be said before the first step."""
    from tracetf.quality import NO_BLEU, has_bleu

    yield said["learn_begin"].format(
        pairs=f"{len(run.learned):,}",
        held_out=f"{len(run.held_out):,}",
        parameters=f"{sum(weight.numel() for weight in run.model.parameters()):,}",
        steps=f"{run.settings.steps:,}",
    )
    yield from run.pairs.notes
    if run.too_long:
        yield said["learn_too_long"].format(count=f"{run.too_long:,}", longest=run.settings.longest - 1)
    if run.scored and not has_bleu():
        yield NO_BLEU
    if run.state.step >= run.settings.steps:
        yield said["learn_complete"].format(steps=f"{run.settings.steps:,}")
    elif run.state.step:
        yield said["learn_again"].format(step=f"{run.state.step:,}")


def _watch(run: "Run") -> "Watch | None":
    """Return what keeps snapshots, if any are wanted."""
    from tracetf.snapshots import Snapshots

    return Snapshots(run.folder / "snapshots", run.watched) if run.watched else None


@contextmanager
def _stopping(run: "Run") -> Iterator[list[int]]:
    """Let Ctrl-C and a polite kill end the run after the step it is in; the second one ends it at once."""
    caught: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        caught.append(number)
        run.stop()
        signal.signal(number, before[number])

    before = {int(number): signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
