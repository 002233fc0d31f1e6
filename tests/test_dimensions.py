from collections.abc import Callable
from typing import Any

import pytest

from tracetf.dimensions import Dimensions

SIZES = ("source_words", "target_words", "d_model", "heads", "d_k", "d_v", "d_ff", "layers", "longest")


def test_the_defaults_are_the_papers_base_model() -> None:
    base = Dimensions(37_000, 37_000)
    assert (base.d_model, base.heads, base.d_k, base.d_v, base.d_ff, base.layers) == (512, 8, 64, 64, 2048, 6)
    assert (base.dropout, base.norm) == (0.1, "post")


def test_a_head_gets_its_share_of_d_model_unless_told_otherwise() -> None:
    assert Dimensions(9, 9, d_model=12, heads=3).d_k == 4
    told = Dimensions(9, 9, d_model=12, heads=3, d_v=7)
    assert (told.d_k, told.d_v) == (4, 7)


def test_heads_need_not_divide_d_model_when_both_their_sizes_are_given() -> None:
    assert Dimensions(9, 9, d_model=30, heads=4, d_k=5, d_v=6).d_model == 30


@pytest.mark.parametrize("missing", ["d_k", "d_v"])
def test_heads_that_do_not_divide_d_model_are_refused(missing: str) -> None:
    given = {"d_k": 5, "d_v": 6} | {missing: 0}
    remedy = f"choose heads that divide it, or give {missing} itself"
    with pytest.raises(ValueError, match=f"^d_model=30 does not split evenly into heads=4; {remedy}$"):
        Dimensions(9, 9, d_model=30, heads=4, **given)


@pytest.mark.parametrize("size", SIZES)
def test_a_size_below_one_is_refused(size: str) -> None:
    sizes: dict[str, Any] = {"source_words": 9, "target_words": 9, size: -1}
    with pytest.raises(ValueError, match=f"{size}=-1 must be at least 1"):
        Dimensions(**sizes)


@pytest.mark.parametrize("size", [size for size in SIZES if size not in ("d_k", "d_v")])
def test_a_size_of_zero_is_refused(size: str) -> None:
    sizes: dict[str, Any] = {"source_words": 9, "target_words": 9, size: 0}
    with pytest.raises(ValueError, match=f"{size}=0 must be at least 1"):
        Dimensions(**sizes)


def test_an_unknown_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="norm='both' is not one of post, pre"):
        Dimensions(9, 9, norm="both")


def test_a_shared_vocabulary_of_two_sizes_is_refused() -> None:
    assert Dimensions(9, 9, shared=True).shared
    with pytest.raises(
        ValueError, match="one size, not source_words=9 and target_words=8; give the same, or"
    ):
        Dimensions(9, 8, shared=True)


def test_dimensions_do_not_change() -> None:
    with pytest.raises(AttributeError, match="cannot assign to field"):
        Dimensions(9, 9).d_model = 3


def test_a_dropout_that_is_no_probability_is_refused_when_the_model_is_made(build: Callable) -> None:
    with pytest.raises(ValueError, match=r"dropout p=1\.0 is not a probability"):
        build(dropout=1.0)
