from collections.abc import Callable
from math import cos, sin

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from tracetf.layers.positions import Positions, sinusoid

lengths, sizes = st.integers(1, 40), st.integers(1, 24)


@given(lengths, sizes)
def test_waves_are_the_papers_formula(length: int, d_model: int) -> None:
    table = sinusoid(length, d_model)
    assert table.shape == (length, d_model)
    for position in range(length):
        for column in range(d_model):
            pair = column // 2
            angle = position / 10000 ** (2 * pair / d_model)
            wave = sin(angle) if column == 2 * pair else cos(angle)
            assert table[position, column].item() == pytest.approx(wave, abs=1e-6)


def test_sine_and_cosine_take_turns() -> None:
    assert sinusoid(1, 6).tolist() == [[0, 1, 0, 1, 0, 1]]
    assert sinusoid(2, 4)[1].tolist() == pytest.approx([sin(1), cos(1), sin(0.01), cos(0.01)])


@given(lengths, st.integers(1, 12))
def test_every_row_is_as_long_as_the_others(length: int, pairs: int) -> None:
    assert_close(sinusoid(length, 2 * pairs).square().sum(dim=-1), torch.full((length,), float(pairs)))


def test_no_two_positions_look_alike() -> None:
    table = sinusoid(512, 12)
    apart = torch.cdist(table, table) + torch.eye(512)
    assert apart.min() > 1e-3


@given(st.integers(0, 8))
def test_a_shift_is_one_fixed_rotation(shift: int) -> None:
    table = sinusoid(40, 8)
    for pair in range(4):
        angle = torch.tensor(shift / 10000 ** (2 * pair / 8))
        turn = torch.stack([angle.cos(), angle.sin(), -angle.sin(), angle.cos()]).view(2, 2)
        columns = slice(2 * pair, 2 * pair + 2)
        assert_close(table[: 40 - shift, columns] @ turn.T, table[shift:, columns], atol=2e-6, rtol=0)


def test_longer_tables_begin_with_the_shorter_ones() -> None:
    assert torch.equal(sinusoid(30, 9)[:7], sinusoid(7, 9))


def test_words_take_the_places_from_start_on() -> None:
    positions = Positions(longest=10, d_model=7)
    assert torch.equal(positions(torch.zeros(2, 3, 7), start=4), sinusoid(10, 7)[4:7])


def test_positions_are_not_learned_and_not_saved() -> None:
    positions = Positions(longest=10, d_model=7)
    assert not list(positions.parameters())
    assert not positions.state_dict()


@pytest.mark.parametrize(("words", "start"), [(11, 0), (3, 8)])
def test_more_words_than_places_are_refused(words: int, start: int) -> None:
    with pytest.raises(ValueError, match="11 words, but the model has positions for 10; split the text"):
        Positions(longest=10, d_model=4)(torch.zeros(1, words, 4), start)


def test_as_many_words_as_places_are_not_refused() -> None:
    assert len(Positions(longest=10, d_model=4)(torch.zeros(1, 10, 4))) == 10


def test_positions_show_exactly_their_step(watched: Callable) -> None:
    assert watched("positions", Positions(10, 4), torch.zeros(2, 3, 4)) == {
        "positions.waves": "token d_model"
    }
