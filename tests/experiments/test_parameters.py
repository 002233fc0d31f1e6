"""Parameters of RNN, GRU and LSTM: one sum of word and state, three, four."""

import pytest

from tracetf.experiments.parameters import measure


def test_in_torch_the_numbers_are_those_of_the_lecture():
    found = measure(64, 64)
    assert found.torch == {"RNN": 8_320, "GRU": 24_960, "LSTM": 33_280}
    assert [one / found.torch["RNN"] for one in found.torch.values()] == [1, 3, 4]


@pytest.mark.parametrize(("inputs", "hidden"), [(64, 64), (3, 5), (1, 1)])
def test_ours_has_one_bias_a_sum_and_the_gru_one_more(inputs, hidden):
    found, sums = measure(inputs, hidden), {"RNN": 1, "GRU": 3, "LSTM": 4}
    for name, count in sums.items():
        assert found.ours[name] == count * (inputs + hidden + 1) * hidden + (name == "GRU") * hidden
        assert found.torch[name] - found.ours[name] == (2 if name == "GRU" else count) * hidden


def test_a_state_without_numbers_is_refused():
    with pytest.raises(ValueError, match="inputs=4 and hidden=0 must both be at least 1"):
        measure(4, 0)
