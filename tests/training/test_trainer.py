"""The loop: the same seed gives the same bits, parts add up to the whole, and it agrees with torch's."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from tracetf.training import trainer
from tracetf.training.batches import numbered, sentence_batches
from tracetf.training.distributed import Processes
from tracetf.training.lessons import read_lessons, translator
from tracetf.training.state import State
from tracetf.training.trainer import draw_from, train


@pytest.fixture
def prepared(small):
    """Return a function that makes settings, an untrained model and the ids that it learns from."""

    def prepared(**changes):
        settings = small(**changes)
        pairs = read_lessons(settings)
        model = translator(settings, pairs)
        return settings, model, numbered(model, pairs.learned)[0]

    return prepared


def trained(settings, model, ids, **more):
    return [progress.loss for progress in train(model, ids, settings, **more)]


def test_it_agrees_with_a_plain_loop_of_torch(prepared):
    settings, model, ids = prepared(dropout=0.0, clip=0.5)
    losses = trained(settings, model, ids)
    _, other, _ = prepared(dropout=0.0, clip=0.5)
    adam = torch.optim.Adam(other.parameters(), betas=(0.9, 0.98), eps=1e-9)
    for step, batch in zip(range(1, settings.steps + 1), sentence_batches(ids, 16, seed=0), strict=False):
        adam.param_groups[0]["lr"] = 5e-3 * min(step / 8, (8 / step) ** 0.5)
        adam.zero_grad()
        logits, expected = other(batch.source, batch.target[:, :-1]), batch.target[:, 1:]
        loss = cross_entropy(
            logits.flatten(0, 1), expected.flatten(), ignore_index=0, label_smoothing=settings.smoothing
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(other.parameters(), 0.5)
        adam.step()
        assert losses[step - 1] == pytest.approx(loss.item(), abs=2e-5)
    for name, weight in other.named_parameters():
        torch.testing.assert_close(model.get_parameter(name), weight, atol=2e-5, rtol=0)


def test_the_same_seed_gives_the_same_bits_whatever_is_drawn_in_between(prepared, bits):
    settings, model, ids = prepared(steps=6, dropout=0.3)
    losses = trained(settings, model, ids)
    _, again, _ = prepared(steps=6, dropout=0.3)
    for place, progress in enumerate(train(again, ids, settings)):
        assert progress.loss == losses[place]
        torch.rand(place)
        again.eval()
    assert bits(model) == bits(again)


def test_another_seed_gives_other_dropout_and_another_order(prepared):
    settings, model, ids = prepared(steps=3, dropout=0.3)
    first = trained(settings, model, ids)
    for changed in (replace(settings, seed=1), replace(settings, dropout=0.0)):
        _, again, _ = prepared(steps=3, dropout=changed.dropout)
        assert trained(changed, again, ids) != first


def test_dropout_is_drawn_anew_for_every_batch():
    drawn = []
    for place in ((0, 1, 0, 0), (0, 1, 1, 0), (0, 2, 0, 0), (0, 1, 0, 1), (1, 1, 0, 0), (0, 1, 0, 0)):
        draw_from(*place)
        drawn.append(torch.rand(8).tolist())
    assert drawn[0] == drawn.pop()
    assert len({tuple(row) for row in drawn}) == len(drawn)


def test_no_two_batches_and_no_two_processes_draw_the_same(prepared, monkeypatch):
    settings, model, ids = prepared(steps=2, accumulate=2, seed=7)
    places = []
    monkeypatch.setattr(trainer, "draw_from", lambda *place: places.append(place))
    list(train(model, ids, settings, together=Alone(rank=3, count=4)))
    assert places == [(7, 1, 0, 3), (7, 1, 1, 3), (7, 2, 0, 3), (7, 2, 1, 3)]


def gradient(model):
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def test_the_gradient_of_accumulated_batches_is_that_of_the_big_batch(prepared):
    """Batches of like length hold different numbers of tokens: their means must not be averaged."""
    settings, model, ids = prepared(steps=1, dropout=0.0, batch=8, accumulate=3)
    ids = sorted(ids, key=lambda pair: len(pair[1]))
    ids = [*ids[:8], *ids[40:48], *ids[-8:]]
    lengths = [sum(len(target) + 1 for _, target in ids[first : first + 8]) for first in (0, 8, 16)]
    assert len(set(lengths)) == 3
    [parts] = train(model, ids, settings)
    accumulated = gradient(model)
    _, big, _ = prepared(dropout=0.0)
    [whole] = train(big, ids, replace(settings, batch=24, accumulate=1))
    assert parts.tokens == whole.tokens == sum(lengths)
    assert parts.loss == pytest.approx(whole.loss, abs=1e-6)
    assert parts.norm == pytest.approx(whole.norm, abs=1e-6)
    for name, expected in gradient(big).items():
        torch.testing.assert_close(accumulated[name], expected, atol=1e-6, rtol=0)


def test_the_shares_of_processes_add_up_to_the_whole(prepared, monkeypatch):
    """Two processes, one after the other; what the first would have sent is added to the second's."""
    settings, model, ids = prepared(steps=1, dropout=0.0, batch=7)
    [alone] = train(model, ids, settings)
    sent: list[list[torch.Tensor]] = []

    def add_up(self, parts):
        sent.append([part.clone() for part in parts])
        for part, other in zip(parts, sent[0], strict=True):
            part.add_(other) if len(sent) == 2 else None

    monkeypatch.setattr(Processes, "add_up", add_up)
    for rank in (0, 1):
        _, other, _ = prepared(dropout=0.0)
        [together] = train(other, ids, settings, together=Processes(rank, 2))
    assert together.loss == pytest.approx(alone.loss, abs=1e-6)
    assert together.norm == pytest.approx(alone.norm, abs=1e-6)


def test_a_batch_with_fewer_sentences_than_processes_is_shared_all_the_same(prepared):
    settings, model, ids = prepared(steps=1, batch=1)
    [progress] = train(model, ids, settings, together=Alone(rank=3, count=4))
    assert progress.loss == progress.norm == 0


class Alone(Processes):
    def add_up(self, parts):
        """Nobody else is there."""


def test_progress_says_where_training_is(prepared):
    settings, model, ids = prepared(steps=8, batch=40)
    told = list(train(model, ids, settings))
    assert [progress.step for progress in told] == list(range(1, 9))
    assert [progress.epoch for progress in told] == [1, 1, 1, 2, 2, 2, 3, 3]
    assert sum(progress.tokens for progress in told[:3]) == sum(len(target) + 1 for _, target in ids)
    assert max(progress.rate for progress in told) == told[-1].rate == settings.peak
    assert not model.training


def test_batches_may_be_counted_in_tokens(prepared):
    settings, model, ids = prepared(steps=12, batch=0, batch_tokens=60)
    assert all(progress.tokens <= 60 for progress in train(model, ids, settings))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_it_learns(prepared, precision):
    settings, model, ids = prepared(steps=60, warmup=20, peak=0.02, precision=precision)
    losses = trained(settings, model, ids)
    assert losses[-1] < 0.6 * losses[0]
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


def test_a_loss_that_is_no_number_ends_training_before_a_weight_is_touched(prepared, bits):
    settings, model, ids = prepared()
    steps = train(model, ids, settings, state := State.of(model))
    next(steps)
    with torch.no_grad():
        model.output.weight[5, 0] = torch.nan
    before = bits(model)
    with pytest.raises(ValueError, match=r"at step 2 the loss is nan and .* nan; take a lower peak"):
        next(steps)
    assert bits(model) == before
    assert state.step == 1
