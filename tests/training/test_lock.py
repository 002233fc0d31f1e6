"""One process at a time trains in a folder; nobody has to clean up after one that was killed."""

import subprocess
import sys
from subprocess import PIPE

import pytest

from tracetf.training.opening import begin, resume

OTHER = """
import pathlib, sys
from tracetf.training.lock import Lock
lock = Lock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
input()
"""


def test_two_processes_do_not_train_in_one_folder(small, tmp_path):
    with begin(tmp_path, small(steps=2)) as run:
        list(run.train())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with subprocess.Popen([sys.executable, "-c", OTHER, tmp_path], stdin=PIPE, stdout=PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        for attempt in (lambda: resume(tmp_path), lambda: begin(tmp_path, small(), force=True)):
            with pytest.raises(ValueError, match=r"another process is training in .*; wait for it, stop it"):
                attempt()
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
        other.kill()
    with resume(tmp_path, steps=3) as run:
        assert len(list(run.train())) == 1
