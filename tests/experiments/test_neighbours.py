"""Batch norm and layer norm, when another sentence of the batch changes."""

import pytest
import torch
from torch.nn import functional

import tracetf
from tracetf.experiments.neighbours import measure, norms, read_by_the_norm

SENTENCES = ("the poet likes an actor.", "I drink coffee every day.", "do you eat an apple?")


def test_batch_norm_moves_and_layer_norm_does_not_by_a_bit():
    moved = measure(*SENTENCES).moved
    assert moved["LayerNorm"] == moved["BatchNorm, evaluating"] == 0
    assert moved["BatchNorm, training"] > 0.1


def test_it_is_what_torchs_functions_make_of_the_same_numbers():
    model = tracetf.load()
    first, second = (read_by_the_norm(model, [SENTENCES[0], other]) for other in SENTENCES[1:])
    assert torch.equal(first[0], second[0])
    by_torch = [functional.batch_norm(x.mT, None, None, training=True).mT[0] for x in (first, second)]
    expected = (by_torch[0] - by_torch[1]).abs().max().item()
    assert measure(*SENTENCES).moved["BatchNorm, training"] == pytest.approx(expected)
    layer = functional.layer_norm(first, first.shape[-1:])
    torch.testing.assert_close(norms(first)["LayerNorm"](first), layer, atol=2e-5, rtol=0)


def test_the_same_neighbour_moves_nothing():
    assert set(measure(SENTENCES[0], SENTENCES[1], SENTENCES[1]).moved.values()) == {0}


def test_sentences_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="the sentences have 6, 5 and 6 words; give three of one length"):
        measure(SENTENCES[0], "I am a student.", SENTENCES[2])
