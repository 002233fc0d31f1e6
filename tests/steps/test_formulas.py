import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tracetf.steps import STEPS
from tracetf.trace import Trace, verify

scores = arrays(np.float64, array_shapes(min_dims=1, max_dims=4), elements=st.floats(-1e4, 1e4))


def compute(key: str, *given: object) -> np.ndarray:
    return STEPS[key].compute(*given)


@given(scores)
def test_softmax_rows_sum_to_one_however_large_the_scores(masked: np.ndarray) -> None:
    weights = compute("attention.weights", masked)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1)


def test_the_slides_masked_scores_give_a_true_softmax() -> None:
    masked = np.array([[0.1, -np.inf], [0.1, 10.1]])
    assert compute("attention.weights", masked).round(6).tolist() == [[1, 0], [0.000045, 0.999955]]


def test_heads_stand_side_by_side_and_are_not_shuffled() -> None:
    heads = np.array([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]])  # batch head query d_v
    assert compute("attention.concat", heads).tolist() == [[[1, 2, 5, 6], [3, 4, 7, 8]]]


def test_three_divided_by_the_root_of_four() -> None:
    assert compute("attention.scaled", np.array([3.0]), 4).tolist() == [1.5]


def test_the_norm_of_a_one_hot_word_uses_the_biased_variance() -> None:
    x = np.array([[[1.0, 0, 0, 0]]])
    mean = compute("norm.mean", x)
    variance = compute("norm.variance", x, mean)
    assert (mean.item(), variance.item()) == (0.25, 0.1875)
    assert compute("norm.normalized", x, mean, variance, 0).max() == pytest.approx(3**0.5)
    assert compute("norm.normalized", x, mean, variance, 1.0).max() == pytest.approx(0.75 / 1.1875**0.5)


def test_waves_begin_at_start() -> None:
    x = np.zeros((1, 5, 7))
    whole, later = compute("positions.waves", x, 0), compute("positions.waves", x[:, :2], 3)
    np.testing.assert_array_equal(later, whole[3:])
    assert whole[0].tolist() == [0, 1, 0, 1, 0, 1, 0]


def test_dropout_keeps_the_mean() -> None:
    assert compute("dropout.dropped", np.ones(4), np.array([1, 1, 1, 0], bool), 0.25).mean() == 1


def test_the_choice_is_the_likeliest_of_the_last_row() -> None:
    probabilities = np.array([[[0.9, 0.1, 0], [0, 0.2, 0.8]], [[0, 1, 0], [0.5, 0.3, 0.2]]])
    assert compute("transformer.choice", probabilities).tolist() == [2, 0]


def test_masks_let_earlier_words_be_seen_and_padding_not() -> None:
    words = np.array([[4, 0, 5]])
    assert compute("transformer.source_mask", words, 0).tolist() == [[[True, False, True]]]
    assert compute("transformer.target_mask", words, 0).tolist() == [
        [[True, False, False], [True, False, False], [True, False, True]]
    ]
    assert compute("transformer.target_mask", words, 0, words[:, 2:]).tolist() == [[[True, False, True]]]


def test_formulas_leave_what_they_read_as_it_was(runs: dict[str, Trace]) -> None:
    for trace in runs.values():
        before = [event.value.copy() for event in trace]
        verify(trace)
        assert all(np.array_equal(a, event.value) for a, event in zip(before, trace, strict=True))
