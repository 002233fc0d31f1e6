from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetf.decoding import Strategy

NUMBERS = st.one_of(st.none(), st.integers(-3, 9), st.floats(allow_nan=True))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"beam": 0}, "beam=0 must be at least 1"),
        ({"beam": 2, "length_penalty": -1}, "length_penalty=-1 must be a number from 0 on"),
        ({"beam": 2, "length_penalty": float("nan")}, "length_penalty=nan must be a number from 0 on"),
        ({"temperature": 0}, "temperature=0 must be above 0; for the most probable word leave it out"),
        ({"temperature": float("inf")}, "temperature=inf must be above 0"),
        ({"top_k": 0}, "top_k=0 must be at least 1"),
        ({"top_p": 0}, "top_p=0 must be above 0 and at most 1"),
        ({"top_p": 1.5}, "top_p=1.5 must be above 0 and at most 1"),
        ({"temperature": 1, "seed": -1}, "seed=-1 must be a whole number from 0 on"),
        ({"beam": 4, "temperature": 1}, "beam=4 searches and temperature=1 draws; choose one of them"),
        ({"beam": 4, "top_p": 0.5}, r"beam=4 searches and top_p=0\.5 draws"),
        ({"length_penalty": 1}, "length_penalty=1 has no meaning without a beam; give beam=4 as well"),
        ({"seed": 3}, "seed=3 has no meaning where nothing is drawn; give temperature=1 as well"),
        ({"beam": 3, "seed": 3}, "seed=3 has no meaning where nothing is drawn"),
    ],
)
def test_what_has_no_meaning_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Strategy(**given)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("beam", "length_penalty", "temperature", "top_k", "top_p", "seed"), NUMBERS),
    )
)
def test_any_numbers_make_a_strategy_or_are_refused(given: dict[str, Any]) -> None:
    refusal = ""
    try:
        strategy = Strategy(**given)
    except ValueError as error:
        refusal = str(error)
    assert refusal or not (strategy.beam and (strategy.temperature or strategy.top_k or strategy.top_p))
