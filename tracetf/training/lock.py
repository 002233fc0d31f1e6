"""One process at a time: who trains in a folder keeps the others out of it."""

import os
import sys
import weakref
from errno import EACCES, EAGAIN
from pathlib import Path

LOCK = ".lock"


class Lock:
    """Keep other processes out of a folder until it is opened or forgotten, or this process ends, however.

    The system knows who holds it, so a kill leaves nothing behind but an empty file.

    Raises:
        ValueError: another process holds it.
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        self.open = weakref.finalize(self, os.close, file)  # lets others in
        if sys.platform == "win32":  # has no such locks
            return
        import fcntl

        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (EACCES, EAGAIN):  # a file system without locks: nobody can hold one
                return
            self.open()
            raise ValueError(
                f"another process is training in {folder}; "
                "wait for it, stop it, or choose another folder with --out"
            ) from error
