"""Multiply-adds: the closed forms, and torch's own counter."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tracetf.experiments.cost import CELLS, counting, measure, multiply_adds
from tracetf.experiments.one_layer import attention, recurrence
from tracetf.layers.attention import MultiHeadAttention
from tracetf.recurrent import Recurrent, ResetBeforeGRUCell

LENGTHS, D = (1, 4, 7, 10), 6


@pytest.fixture(scope="module")
def found():
    return measure(LENGTHS, d_model=D, heads=3)


def test_counted_multiply_adds_are_the_closed_forms(found):
    assert found.between == [2 * n**2 * D for n in LENGTHS]
    assert found.projections == [4 * n * D**2 for n in LENGTHS]
    assert found.attention == [2 * n**2 * D + 4 * n * D**2 for n in LENGTHS]
    for name, matrices in {"RNN": 2, "GRU": 6, "LSTM": 8}.items():
        assert found.recurrent[name] == [matrices * n * D**2 for n in LENGTHS]


def test_each_step_has_its_share():
    counts = multiply_adds(attention(5, D, 3))
    projected = {f"attention.{name}": 5 * D**2 for name in ("Q", "K", "V", "output")}
    rest = dict.fromkeys(("scaled", "masked", "weights", "concat"), 0)
    looked = {"attention.scores": 25 * D, "attention.heads": 25 * D}
    assert counts == {**projected, **looked, **{f"attention.{name}": none for name, none in rest.items()}}


def flops(layer, *given) -> int:
    with FlopCounterMode(display=False) as counter:
        layer(*given)
    return counter.get_total_flops()


@pytest.mark.parametrize("kind", [*CELLS.values(), ResetBeforeGRUCell])
def test_torchs_counter_counts_the_same_of_a_recurrent_layer(kind):
    counted = sum(multiply_adds(recurrence(kind, 5, D)).values())
    assert flops(Recurrent(kind, D, D), torch.randn(1, 5, D)) == 2 * counted


def test_torchs_counter_counts_the_same_of_attention():
    x, mask = torch.randn(1, 5, D), torch.ones(1, 1, 5, dtype=torch.bool)
    counted = sum(multiply_adds(attention(5, D, 3)).values())
    assert flops(MultiHeadAttention(D, 3, 2, 2), x, x, mask) == 2 * counted


def test_the_costs_cross_where_the_formulas_say():
    found = measure(range(1, 20), d_model=D, heads=3)
    assert found.crossing("RNN", whole=False) == D  # 2n²d = 2nd²
    assert found.crossing("RNN", whole=True) == 1  # 2n²d + 4nd² > 2nd²
    assert found.crossing("GRU", whole=True) == D  # = 6nd²
    assert found.crossing("LSTM", whole=True) == 2 * D  # = 8nd²
    assert found.crossing("LSTM", whole=False) is None  # at 4d, and that is beyond


def test_counting_changes_no_number():
    A, B = np.random.default_rng(0).normal(size=(2, 4, 4))
    np.testing.assert_array_equal(np.tanh(counting(A) @ counting(B).swapaxes(-1, -2)), np.tanh(A @ B.T))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"lengths": [0]}, "length=0 is no length of a sentence; give at least 1"),
        ({"d_model": 10, "heads": 4}, "d_model=10 does not split evenly into heads=4; choose heads that do"),
        ({"heads": 0}, "does not split evenly into heads=0"),
    ],
)
def test_sizes_that_have_no_meaning_are_refused(given, told):
    with pytest.raises(ValueError, match=told):
        measure(**{"lengths": [4], **given})
