"""Measure everything and write docs/benchmarks.md."""

from argparse import ArgumentParser
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks import decoding, peak, recording, training, watching
from benchmarks.others import installed

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `OMP_NUM_THREADS=1 python -m benchmarks`. Times differ from machine to machine; most of these are
ratios, each the median of runs in turn on one thread.

<!-- benchmarks -->
| {versions} | measured | wanted |
|---|---|---|
"""
END = "<!-- end of benchmarks -->\n"


def main() -> None:
    """Print the table row by row, then write the page."""
    ArgumentParser(prog="python -m benchmarks", description=__doc__).parse_args()
    torch.set_num_threads(1)
    packages = ["torch", *(other.package for other in installed())]
    page = HEAD.format(versions=", ".join(f"{package} {version(package)}" for package in packages))
    for rows in (watching.rows(), recording.rows(), training.rows(), peak.rows(), decoding.rows()):
        for row in rows:
            print(*row, sep="  |  ", flush=True)
            page += f"| {row.what} | {row.measured} | {row.wanted} |\n"
    PAGE.write_text(page + END, encoding="utf-8")


if __name__ == "__main__":
    main()
