"""A small model, trained here in some seconds, and what the model that ships promises."""

from functools import cache

import pytest
import torch

from tracetf.data import english, korean
from tracetf.data.splits import splits
from tracetf.evaluation import is_content
from tracetf.quality import exact_match, translated
from tracetf.shipped import load
from tracetf.training import numbered, preset, read_lessons, train, translator
from tracetf.training.schedule import learning_rate

NANO = {"corpus": "nano", "d_model": 32, "heads": 2, "d_ff": 64, "layers": 1, "longest": 20}


def right(model, pairs):
    return exact_match(translated(model, pairs), [pair.target for pair in pairs])


@pytest.fixture(scope="module")
def nano():
    """Return the smallest model that learns the nano tier, its losses, and pairs it never met."""
    settings = preset("student", **NANO, steps=400, batch=64, peak=1e-2, warmup=60, dropout=0.0)
    pairs = read_lessons(settings)
    model = translator(settings, pairs)
    ids, _ = numbered(model, pairs.learned)
    losses = [progress.loss for progress in train(model, ids, settings)]
    return model, losses, pairs.held_out


def test_a_small_model_learns_the_nano_tier(nano):
    model, losses, held_out = nano
    assert sum(parameter.numel() for parameter in model.parameters()) < 28_000
    assert losses[-1] < losses[0] / 3
    assert right(model, held_out) >= 0.95
    assert not model.training


def test_what_it_learned_survives_the_file(nano, tmp_path):
    model, _, held_out = nano
    model.checkpoint().write(tmp_path / "nano.safetensors")
    again = load(tmp_path / "nano.safetensors")
    for name, parameter in model.named_parameters():
        assert torch.equal(again.state_dict()[name], parameter.half().float())
    assert again.output.weight is again.decoder.embedding.weight
    assert again.vocabularies == model.vocabularies
    assert again.dimensions == model.dimensions
    assert right(again, held_out) >= 0.95


@cache
def untrained_on(tier):
    settings = preset("student", corpus=tier)
    return translator(settings, read_lessons(settings))


def test_the_shipped_model_is_of_the_presets_size_and_words():
    untrained = untrained_on("small")
    assert untrained.dimensions == load().dimensions
    assert untrained.vocabularies == load().vocabularies


@pytest.mark.parametrize("tier", ["nano", "small"])
def test_the_built_in_pairs_are_read_back_from_plain_text_as_they_were(tier):
    corpus = splits(tier)
    model = untrained_on(tier)
    for pair in (*corpus.train[:500], *corpus.validation):
        assert model.read(english.detokenize(pair.source)) == list(pair.source)
        assert model.read_target(korean.detokenize(pair.target)) == list(pair.target)


def test_the_learning_rate_is_the_papers_with_the_papers_peak():
    settings = preset("base")
    for step in (1, 100, 3999, 4000, 4001, 100_000):
        paper = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
        assert learning_rate(step, settings.highest, settings.warmup) == pytest.approx(paper)
    assert learning_rate(4000, settings.highest, settings.warmup) == pytest.approx(6.99e-4, rel=1e-3)


def test_content_words_carry_no_ending():
    assert [piece for piece in ["나", "##는", "학생", "##이다", "."] if is_content(piece)] == ["나", "학생"]
