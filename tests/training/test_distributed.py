"""Two processes make the one training; only the first writes."""

import os
import subprocess
import sys

import pytest
import torch

from tracetf.training.config import to_toml
from tracetf.training.distributed import Processes, join
from tracetf.training.metrics import read_metrics
from tracetf.training.opening import begin
from tracetf.training.state import read_state


def test_two_processes_train_as_one_does(small, tmp_path):
    made = small(dropout=0.0, clip=1.0, accumulate=2, steps=12, snapshots=6)
    (tmp_path / "c.toml").write_text(to_toml(made), encoding="utf-8")
    for _ in begin(tmp_path / "one", made).train():
        pass
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "tracetf"]
    options = ["train", "--config", str(tmp_path / "c.toml"), "--out", str(tmp_path / "two")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, *command, *options], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("held out") == 3
    states = [read_state(tmp_path / name / "last.safetensors") for name in ("one", "two")]
    assert states[0].place.keys() == states[1].place.keys()
    for name, weight in states[0].arrays.items():
        torch.testing.assert_close(states[1].arrays[name], weight, atol=1e-5, rtol=0)
    for one, two in zip(
        *(read_metrics(tmp_path / name / "metrics.jsonl") for name in ("one", "two")), strict=True
    ):
        assert one["loss"] == pytest.approx(two["loss"], abs=1e-5)


def test_alone_there_is_one_process():
    assert join() == Processes(rank=0, count=1, device=torch.device("cpu"))
    assert join().any(True)
    assert not join().any(False)


def test_a_gpu_that_is_not_there_is_missed(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(
        ValueError, match=r"device='cuda' needs a GPU, and torch .* sees none; leave device at cpu"
    ):
        join("cuda")


def test_there_are_no_more_processes_than_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(ValueError, match="process 2 has no GPU of its own, there are 2; start no more"):
        join("cuda")


def test_shares_hold_every_row_once():
    rows = torch.arange(7)[:, None]
    shares = [Processes(rank, 3).share(rows).flatten().tolist() for rank in range(3)]
    assert shares == [[0, 3, 6], [1, 4], [2, 5]]
