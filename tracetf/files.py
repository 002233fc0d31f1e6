"""Writing files so that a half-written one is never left behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from tempfile import NamedTemporaryFile


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a block a file of its own to write, and put it at `path` only once the block is done.

    Raises:
        OSError: the folder is not there, not writable or full; `path` is as it was.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(ENOENT, "no such folder to write to", str(path.parent))
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        draft = Path(file.name)
    try:
        yield draft
        draft.chmod(0o666 & ~_umask())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
