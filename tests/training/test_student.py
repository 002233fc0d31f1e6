"""A small model, trained here in some seconds, and what training promises."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tracetf.data import english, korean
from tracetf.data.splits import splits
from tracetf.data.vocabulary import END, START, Vocabulary
from tracetf.dimensions import Dimensions
from tracetf.evaluation import exact_match, is_content, readability
from tracetf.training.batches import batches
from tracetf.training.loss import smoothed_loss
from tracetf.training.recipe import Recipe
from tracetf.training.schedule import learning_rate
from tracetf.training.trainer import student, train
from tracetf.translate import Translator, load


@pytest.fixture(scope="module")
def corpus():
    return splits("nano", train=2000, held_out=150)


def small(corpus) -> Translator:
    """Return the smallest model that learns the nano tier."""
    torch.manual_seed(0)
    source = Vocabulary.from_sentences(pair.source for pair in corpus.train)
    target = Vocabulary.from_sentences(pair.target for pair in corpus.train)
    size = Dimensions(len(source), len(target), d_model=32, heads=2, d_ff=64, layers=1, longest=20)
    return Translator(size, source, target)


@pytest.fixture(scope="module")
def nano(corpus):
    model = small(corpus)
    losses = [progress.loss for progress in train(model, corpus.train, Recipe(steps=500, warmup=100))]
    return model, losses


def test_a_small_model_learns_the_nano_tier(nano, corpus):
    model, losses = nano
    assert sum(parameter.numel() for parameter in model.parameters()) < 28_000
    assert losses[-1] < losses[0] / 3
    assert exact_match(model, corpus.iid) >= 0.95
    assert not model.training


def test_what_it_learned_survives_the_file(nano, corpus, tmp_path):
    model, _ = nano
    model.checkpoint().write(tmp_path / "nano.safetensors")
    again = load(tmp_path / "nano.safetensors")
    for name, parameter in model.named_parameters():
        assert torch.equal(again.state_dict()[name], parameter.half().float())
    assert again.output.weight is again.decoder.embedding.weight
    assert again.vocabularies == model.vocabularies
    assert again.dimensions == model.dimensions
    assert exact_match(again, corpus.iid) >= 0.95


def test_the_same_seed_gives_the_same_bits(corpus):
    runs = []
    for _ in range(2):
        model = small(corpus)
        losses = [progress.loss for progress in train(model, corpus.train, Recipe(steps=5))]
        runs.append((losses, model.state_dict()))
    assert runs[0][0] == runs[1][0]
    for name, weight in runs[0][1].items():
        assert torch.equal(weight, runs[1][1][name]), name


def test_the_shipped_model_is_as_good_as_we_say():
    model, corpus = load(), splits("small")
    for name, least in (("iid", 0.99), ("pair", 0.99), ("role", 0.97), ("rev", 0.99), ("shown", 1.0)):
        assert exact_match(model, getattr(corpus, name)) >= least, name
    assert max(max(heads) for heads in readability(model, corpus.iid).values()) >= 0.95


def test_the_shipped_model_was_trained_by_the_recipe_in_the_code():
    made = load().provenance
    recipe = Recipe()
    assert {name: made[name] for name in vars(recipe)} == vars(recipe)
    untrained = student(splits("small"), recipe)
    assert untrained.dimensions == load().dimensions
    assert untrained.vocabularies == load().vocabularies


def test_the_learning_rate_is_the_papers_with_the_papers_peak():
    d_model, warmup = 512, 4000
    peak = 1 / math.sqrt(d_model * warmup)
    for step in (1, 100, 3999, 4000, 4001, 100_000):
        paper = d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)
        assert learning_rate(step, peak, warmup) == pytest.approx(paper)
    assert learning_rate(warmup, peak, warmup) == pytest.approx(6.99e-4, rel=1e-3)


@given(st.floats(0, 0.9), st.integers(0, 2**16))
def test_the_loss_is_the_cross_entropy_with_a_smoothed_target(smoothing, seed):
    chance = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 3, 5, generator=chance)
    expected = torch.tensor([[1, 2, 0], [4, 0, 0]])
    words = 5
    losses = []
    for sentence, word in ((0, 0), (0, 1), (1, 0)):
        target = torch.full((words,), smoothing / words)
        target[expected[sentence, word]] += 1 - smoothing
        losses.append(-(target * logits[sentence, word].log_softmax(-1)).sum())
    assert smoothed_loss(logits, expected, smoothing, 0).item() == pytest.approx(
        torch.stack(losses).mean().item(), abs=2e-5
    )


def test_batches_hold_every_pair_once_an_epoch_and_pad_little(corpus):
    model = small(corpus)
    stream = batches(model, corpus.train, Recipe(batch=64))
    epoch = [next(stream) for _ in range(math.ceil(len(corpus.train) / 64))]
    seen = sorted(tuple(row) for source, _ in epoch for row in source.tolist())
    sentences = [model.source.encode(pair.source) for pair in corpus.train]
    assert sorted(tuple(i for i in row if i) for row in seen) == sorted(map(tuple, sentences))
    padding = sum((target == 0).sum().item() for _, target in epoch)
    assert padding < 0.02 * sum(target.numel() for _, target in epoch)
    assert all((target[:, 0] == START).all() and (target == END).any(dim=1).all() for _, target in epoch)


def test_content_words_carry_no_ending():
    assert [piece for piece in ["나", "##는", "학생", "##이다", "."] if is_content(piece)] == ["나", "학생"]


def test_translations_are_read_from_and_written_to_plain_text(nano, corpus):
    model, _ = nano
    pair = corpus.iid[0]
    written = model.translate(english.detokenize(pair.source))
    assert korean.pieces(written, model.target) == list(pair.target)
