"""The door: every command comes in here, and every mistake of a user goes out here."""

import os
import sys
import warnings
from typing import Any

import click

from tracetf.cli.experiment import experiment
from tracetf.cli.judge import compare
from tracetf.cli.learn import evaluate
from tracetf.cli.read import explain, show
from tracetf.cli.run import trace, translate
from tracetf.cli.train import curves, train

HINT = "see 'tracetf --help'"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tracetf", prog_name="tracetf")
def tracetf() -> None:
    """Watch every number of a Transformer being made.

    Begin with:  tracetf trace "I am a student"
    """


for command in (trace, show, compare, explain, translate, train, curves, evaluate, experiment):
    tracetf.add_command(command)


def main() -> None:
    """Run the command line; a user's mistake is one clear message and exit code 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    warnings.showwarning = _say_warning
    try:
        tracetf(prog_name="tracetf", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough; what is still buffered must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _refuse(error.format_message(), _hint(error))
    except ValueError as error:
        _refuse(str(error), HINT)
    except OSError as error:
        _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error), "check the path")


def _hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"see '{context.command_path} --help'" if context else HINT


def _refuse(message: str, hint: str) -> None:
    """Print what is wrong, and apart from it the remedy, which our messages give after a semicolon."""
    wrong, _, remedy = message.rpartition("; ")
    print(f"error: {wrong or remedy}\n\nhint: {remedy if wrong else hint}", file=sys.stderr)
    sys.exit(2)


def _say_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"warning: {message}", file=sys.stderr)
