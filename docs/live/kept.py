"""Runs that take seconds are kept between builds, until the code they ran changes."""

import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "build" / "runs"
SHOWING = ("views", "words", "cli", "testing")  # what changes no number


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` fills, filled once for as long as the code stays as it is."""
    folder = ROOM / f"{name}-{_code(make.__code__.co_filename)}"
    if not folder.exists():
        ROOM.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(dir=ROOM))
        make(draft)
        for old in ROOM.glob(f"{name}-*"):
            rmtree(old, ignore_errors=True)
        try:
            os.replace(draft, folder)
        except OSError:  # another build was quicker
            rmtree(draft)
    return folder


@cache
def _code(run: str) -> str:
    """Return what changes when that run does, or what it computes with."""
    package = ROOT / "tracetf"
    found = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in SHOWING]
    sources = [*sorted(found), Path(run)]
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
