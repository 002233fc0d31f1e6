"""A training in its folder: what is kept when, what is refused, and what survives a full disk or a NaN."""

import json
import resource
import stat
from contextlib import contextmanager
from math import exp
from pathlib import Path

import pytest
import torch

from tracetf.shipped import load
from tracetf.training import run as runs
from tracetf.training import state as states
from tracetf.training.config import read_config
from tracetf.training.judging import averaged, copied, held_out_loss
from tracetf.training.metrics import read_metrics
from tracetf.training.opening import begin, resume
from tracetf.training.settings import Settings


def trained(run):
    return list(run.train())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


@contextmanager
def room_for(size):
    """Let no file grow beyond so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def told(folder, kind):
    return [line for line in read_metrics(folder / "metrics.jsonl") if line["kind"] == kind]


def test_a_training_leaves_a_model_a_state_metrics_and_its_settings(small, tmp_path):
    news = trained(begin(tmp_path / "run", small()))
    assert sorted(contents(tmp_path / "run")) == [
        *("checkpoint.safetensors", "last.safetensors", "metrics.jsonl", "settings.toml")
    ]
    assert Settings(**read_config(tmp_path / "run" / "settings.toml")) == small()
    assert [line["step"] for line in told(tmp_path / "run", "step")] == list(range(1, 25))
    assert [line["loss"] for line in told(tmp_path / "run", "step")] == [one.progress.loss for one in news]
    assert [line["step"] for line in told(tmp_path / "run", "validation")] == [8, 16, 24]
    assert [one.progress.step for one in news if one.judged] == [8, 16, 24]


def test_the_checkpoint_is_the_best_model_by_its_loss_on_held_out_pairs(small, tmp_path, bits):
    run = begin(tmp_path, small(peak=0.5, warmup=16, steps=40))  # it will get worse again
    kept, losses = {}, {}
    for news in run.train():
        if news.judged:
            losses[news.progress.step] = news.judged["loss"]
            kept[news.progress.step] = {
                name: weight.half().float() for name, weight in copied(run.model).items()
            }
    best = min(losses, key=losses.__getitem__)
    assert best < 40
    model = load(tmp_path / "checkpoint.safetensors")
    assert model.provenance["step"] == best
    assert model.provenance["loss"] == losses[best]
    for name, weight in model.named_parameters():
        assert torch.equal(weight, kept[best][name])


def test_the_loss_on_held_out_pairs_is_that_of_each_token_alone(small, tmp_path):
    run = begin(tmp_path, small(longest=20))
    losses = []
    with torch.no_grad():
        for source, target in run.held_out:
            log_probabilities = run.model.eval()(
                torch.tensor([source]), torch.tensor([[1, *target]])
            ).log_softmax(-1)
            losses += [-log_probabilities[0, row, word] for row, word in enumerate([*target, 2])]
    expected = torch.stack(losses).mean().item()
    assert held_out_loss(run.model, run.held_out, 0.0) == pytest.approx(expected, abs=2e-5)
    judged = next(news.judged for news in run.train() if news.judged)
    assert judged["perplexity"] == pytest.approx(exp(judged["nll"]))
    assert judged["loss"] > judged["nll"]


def test_judging_changes_no_bit_of_what_is_learned(small, tmp_path, bits):
    models = []
    for every in (24, 3):
        run = begin(tmp_path / str(every), small(validate_every=every, dropout=0.3, average=2))
        trained(run)
        models.append(bits(run.model))
    assert models[0] == models[1]


def test_the_mean_of_the_last_weights_is_what_is_judged_and_kept(small, tmp_path):
    run = begin(tmp_path, small(average=2, steps=16))
    seen = [copied(run.model) for news in run.train() if news.judged]
    mean = averaged(seen)
    for name, weight in load(tmp_path / "checkpoint.safetensors").named_parameters():
        torch.testing.assert_close(mean[name], (seen[0][name] + seen[1][name]) / 2)
        assert torch.equal(weight, mean[name].half().float())
        assert torch.equal(run.model.get_parameter(name), seen[1][name])


def test_patience_ends_what_gets_no_better(small, tmp_path):
    run = begin(tmp_path, small(peak=1.0, warmup=4, steps=400, patience=2))
    news = trained(run)
    losses = [one.judged["loss"] for one in news if one.judged]
    assert news[-1].progress.step < 400
    assert min(losses) == losses[-3]
    assert len(losses) == 3 or min(losses) < min(losses[:-3])
    assert trained(resume(tmp_path)) == []
    assert len(trained(resume(tmp_path, patience=3, steps=news[-1].progress.step + 3))) == 3


def test_without_pairs_to_judge_by_the_last_model_is_kept(small, tmp_path):
    run = begin(tmp_path, small(held_out=0))
    assert not any(news.judged for news in run.train())
    assert load(tmp_path / "checkpoint.safetensors").provenance["step"] == 24


def test_another_training_is_never_overwritten_unless_asked(small, tmp_path):
    trained(begin(tmp_path, small(steps=2)))
    (tmp_path / "notes.txt").write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(
        ValueError, match=r"holds a training already \(.*\); go on with it by --resume, forget"
    ):
        begin(tmp_path, small())
    assert contents(tmp_path) == before
    trained(begin(tmp_path, small(steps=3), force=True))
    assert len(told(tmp_path, "step")) == 3
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_mistake_forgets_nothing_even_by_force(small, tmp_path):
    trained(begin(tmp_path, small(steps=2)))
    before = contents(tmp_path)
    with pytest.raises(OSError, match="nowhere"):
        begin(tmp_path, small(data="nowhere.tsv"), force=True)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("full", ["checkpoint.safetensors", "last.safetensors", "metrics.jsonl"])
def test_a_full_disk_leaves_what_was_kept_before(small, tmp_path, bits, full):
    whole = begin(tmp_path / "whole", small())
    trained(whole)
    run = begin(tmp_path / "run", small())
    steps = run.train()
    for _ in range(6):
        next(steps)
    before = contents(tmp_path / "run")
    refused = pytest.raises(ValueError, match=r"run.*: .*File too large.*: .* after step 5; make room")
    with refused, room_for(len(before[full]) - 1):
        list(steps)
    after = contents(tmp_path / "run")
    assert before.keys() == after.keys()
    assert before["last.safetensors"] == after["last.safetensors"]
    again = resume(tmp_path / "run")
    assert again.state.step == 5
    trained(again)
    assert bits(again.model) == bits(whole.model)


@pytest.mark.parametrize("force", [False, True])
def test_without_room_to_begin_nothing_is_begun_or_forgotten(small, tmp_path, force):
    if force:
        trained(begin(tmp_path, small(steps=2)))
    before = contents(tmp_path)
    with room_for(100), pytest.raises(OSError, match="File too large"):
        begin(tmp_path, small(), force=force)
    assert contents(tmp_path) == before
    assert begin(tmp_path, small(), force=force).state.step == 0


def test_what_is_kept_may_be_read_by_whom_the_umask_allows(small, tmp_path):
    begin(tmp_path, small())
    (tmp_path / "mine").touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir() if path.name != ".lock"}
    assert modes == {stat.S_IMODE((tmp_path / "mine").stat().st_mode)}


def test_a_nan_names_the_step_and_leaves_what_was_kept_before(small, tmp_path):
    run = begin(tmp_path, small())
    steps = run.train()
    for _ in range(12):
        next(steps)
    before = contents(tmp_path)
    with torch.no_grad():
        run.model.output.weight[5, 0] = torch.nan
    with pytest.raises(
        ValueError, match=r"at step 13 the loss is nan.*kept after step 10; take a lower peak"
    ):
        next(steps)
    assert contents(tmp_path) == before
    assert resume(tmp_path, peak=1e-4, clip=1.0).state.step == 10


def test_a_folder_that_cannot_be_made_is_refused(small, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"something that is no folder: .*file"):
        begin(tmp_path / "file", small(data="is not even looked at"))


def test_everything_is_kept_once_so_many_minutes_have_passed(small, tmp_path, monkeypatch):
    now = iter(range(0, 10_000, 61))
    monkeypatch.setattr(runs, "monotonic", lambda: next(now))
    run = begin(tmp_path, small(save_every=1000, save_minutes=1.0))
    steps = run.train()
    next(steps)
    assert states.read_state(tmp_path / "last.safetensors").place["step"] == 1


def test_pictures_and_metrics_can_be_read_while_it_goes_on(small, tmp_path):
    steps = begin(tmp_path, small()).train()
    next(steps)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 1
    assert json.loads((tmp_path / "metrics.jsonl").read_text())["step"] == 1


def test_the_drafts_of_a_kill_are_swept_away(small, tmp_path):
    trained(begin(tmp_path, small(steps=2)))
    (tmp_path / ".last.safetensors.0123abcd").write_bytes(b"half")
    (tmp_path / ".gitignore").write_text("*")
    resume(tmp_path)
    assert not (tmp_path / ".last.safetensors.0123abcd").exists()
    assert (tmp_path / ".gitignore").exists()
