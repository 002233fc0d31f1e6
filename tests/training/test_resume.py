"""Nothing is lost: a training that is killed at any moment goes on to the same bits as one that was not."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainings import same
from tracetf.training.config import to_toml
from tracetf.training.opening import begin, resume
from tracetf.training.state import read_state, write_state

CHANGING = {"dropout": 0.3, "average": 2, "accumulate": 2, "clip": 0.5}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, small):
    """Return settings, and the folder of a training by them that nobody interrupted."""
    folder, made = tmp_path_factory.mktemp("whole"), small(**CHANGING, steps=18)
    for _ in begin(folder, made).train():
        pass
    return made, folder


@settings(max_examples=8)
@given(stops=st.lists(st.integers(0, 17), max_size=3))
def test_a_training_that_breaks_off_after_any_steps_goes_on_to_the_same_bits(whole, tmp_path_factory, stops):
    made, reference = whole
    folder = tmp_path_factory.mktemp("broken")
    run = begin(folder, made)
    for stop in stops:
        steps = run.train()
        for _ in range(min(stop, made.steps - run.state.step)):
            next(steps)
        torch.rand(3)
        run = resume(folder)
    for _ in run.train():
        pass
    same(folder, reference)


def steps_in(folder: Path) -> int:
    """Count the steps that the metrics of a training tell of."""
    metrics = folder / "metrics.jsonl"
    return metrics.read_bytes().count(b'"kind": "step"') if metrics.exists() else 0


def test_a_process_that_is_killed_goes_on_to_the_same_bits(small, tmp_path):
    made, folder = small(**CHANGING, steps=60), tmp_path / "run"
    for _ in begin(tmp_path / "whole", made).train():
        pass
    (tmp_path / "c.toml").write_text(to_toml(made), encoding="utf-8")
    moment = random.Random().randrange(1, 50)
    options = ["train", "--config", tmp_path / "c.toml", "--out", folder]
    with subprocess.Popen([sys.executable, "-m", "tracetf", *options], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and steps_in(folder) < moment:
            time.sleep(0.002)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    run = resume(folder)
    assert run.state.step % 5 == 0
    assert moment - 5 <= run.state.step < 60, moment
    for _ in run.train():
        pass
    same(folder, tmp_path / "whole")


def test_a_complete_training_may_be_given_more_steps(small, tmp_path):
    for _ in begin(tmp_path / "whole", small(steps=32)).train():
        pass
    for _ in begin(tmp_path / "run", small(steps=24)).train():
        pass
    assert list(resume(tmp_path / "run").train()) == []
    for _ in resume(tmp_path / "run", steps=32).train():
        pass
    weights = [read_state(tmp_path / name / "last.safetensors").arrays for name in ("whole", "run")]
    assert all(torch.equal(weight, weights[1][name]) for name, weight in weights[0].items())


def test_steps_that_are_done_cannot_be_taken_back(small, tmp_path):
    for _ in begin(tmp_path, small(steps=4)).train():
        pass
    with pytest.raises(
        ValueError, match="steps=3 are fewer than the 4 that are done; give more, or leave it out"
    ):
        resume(tmp_path, steps=3)
    assert read_state(tmp_path / "last.safetensors").settings.steps == 4


def test_what_a_training_began_with_is_no_longer_to_choose(small, tmp_path):
    begin(tmp_path, small())
    with pytest.raises(
        ValueError, match=r"began with heads=3, not 2; leave it out, or .* only data, .*steps, peak"
    ):
        resume(tmp_path, heads=2)
    assert resume(tmp_path, heads=3, patience=7).settings.patience == 7


def test_other_pairs_than_it_began_with_are_refused(small, pair_file, tmp_path):
    data = tmp_path / "pairs.tsv"
    data.write_bytes(pair_file.read_bytes())
    begin(tmp_path / "run", small(data=str(data)))
    assert resume(tmp_path / "run", data=str(pair_file)).settings.data == str(pair_file)
    data.write_bytes(pair_file.read_bytes() + "more\t더\n".encode())
    with pytest.raises(
        ValueError, match=r"the sentence pairs are not those that .* began with; give it back"
    ):
        resume(tmp_path / "run")


def test_everything_that_a_training_knows_is_kept(small, tmp_path, bits):
    run = begin(tmp_path, small(average=2))
    list(zip(run.train(), range(9), strict=False))
    run.state.best, run.state.stale = 0.25, 3
    run.save()
    again = resume(tmp_path)
    for name in ("step", "epoch", "position", "best", "stale"):
        assert getattr(again.state, name) == getattr(run.state, name), name
    assert bits(again.model) == bits(run.model)
    pairs = [
        (run.state.adam.state(), again.state.adam.state()),
        *zip(run.state.recent, again.state.recent, strict=True),
    ]
    assert len(pairs) == 2
    for own, kept in pairs:
        assert own.keys() == kept.keys()
        assert all(torch.equal(array, kept[name]) for name, array in own.items())


def test_where_no_training_is_none_goes_on(tmp_path):
    with pytest.raises(ValueError, match="holds no training to go on with; begin one without --resume"):
        resume(tmp_path)


@pytest.mark.parametrize("cut", [0, 7, 100, 3000, -1])
def test_a_damaged_state_is_refused(small, tmp_path, cut):
    begin(tmp_path, small())
    state = tmp_path / "last.safetensors"
    state.write_bytes(state.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"last.safetensors is not a whole state of a training: .*--force"):
        resume(tmp_path)


def test_a_checkpoint_is_no_state(small, tmp_path):
    begin(tmp_path, small())
    (tmp_path / "checkpoint.safetensors").replace(tmp_path / "last.safetensors")
    with pytest.raises(ValueError, match="it does not say 'tracetf training 1'"):
        resume(tmp_path)


def test_a_state_of_other_weights_is_refused(small, tmp_path):
    run, other = begin(tmp_path / "run", small()), begin(tmp_path / "other", small(d_ff=8))
    tokenizers = (run.model.reader, run.model.writer)
    state = tmp_path / "run" / "last.safetensors"
    write_state(state, other.model, other.state, run.settings, tokenizers, run.pairs.digest)
    with pytest.raises(ValueError, match="whose weights are not those of its settings"):
        resume(tmp_path / "run")
