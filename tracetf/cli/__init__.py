"""The command line. Nothing heavier than click is imported until a command needs it."""

from tracetf.cli.main import main

__all__ = ["main"]
