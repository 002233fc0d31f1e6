import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tracetf.layers.masks import refuse_blind, source_mask, target_mask
from tracetf.recorder import record

PAD = 0
sentences = st.lists(st.integers(1, 9), min_size=1, max_size=6).flatmap(
    lambda words: st.integers(0, 4).map(lambda pads: words + [PAD] * pads)
)


@given(sentences)
def test_every_query_may_look_at_every_source_word_but_padding(sentence: list[int]) -> None:
    mask = source_mask(torch.tensor([sentence]), PAD)
    assert mask.tolist() == [[[word != PAD for word in sentence]]]


@given(sentences)
def test_a_target_word_may_look_at_itself_and_before_but_not_at_padding(sentence: list[int]) -> None:
    mask = target_mask(torch.tensor([sentence]), PAD)
    words = range(len(sentence))
    assert mask.tolist() == [[[key <= query and sentence[key] != PAD for key in words] for query in words]]


@given(sentences, st.integers(1, 9))
def test_words_that_were_read_before_do_not_ask(sentence: list[int], read: int) -> None:
    tokens = torch.tensor([sentence])
    assert torch.equal(target_mask(tokens, PAD, read), target_mask(tokens, PAD)[:, read:])


@pytest.mark.parametrize("length", [1, 2, 7])
def test_the_causal_mask_is_torchs(length: int) -> None:
    torchs = nn.Transformer.generate_square_subsequent_mask(length)
    assert torch.equal(target_mask(torch.ones(1, length), PAD)[0], torchs == 0)


def test_padding_may_have_another_number() -> None:
    assert source_mask(torch.tensor([[0, 5, 9]]), padding=9).tolist() == [[[True, True, False]]]
    assert target_mask(torch.tensor([[0, 9]]), padding=9).tolist() == [[[True, False], [True, False]]]


def test_a_sentence_of_padding_is_refused() -> None:
    with pytest.raises(
        ValueError, match="query 0 of sentence 1 may look at nothing: every key is masked; leave out"
    ):
        source_mask(torch.tensor([[4, PAD], [PAD, PAD]]), PAD)


def test_a_target_that_begins_with_padding_is_refused() -> None:
    with pytest.raises(ValueError, match=r"query 0 of sentence 2 may look at nothing: .* pad on the right"):
        target_mask(torch.tensor([[1, 4], [1, PAD], [PAD, 4]]), PAD)


def test_the_first_blind_query_is_named() -> None:
    mask = torch.ones(3, 4, 5, dtype=torch.bool)
    mask[1, 2:] = False
    with pytest.raises(ValueError, match="query 2 of sentence 1 "):
        refuse_blind(mask)


def test_a_mask_without_blind_queries_is_handed_back() -> None:
    mask = torch.ones(3, 4, 5, dtype=torch.bool)
    assert refuse_blind(mask) is mask


def test_masks_show_exactly_their_steps() -> None:
    tokens = torch.tensor([[4, 5, PAD]])
    with record(nn.Identity()) as trace:
        source_mask(tokens, PAD)
        target_mask(tokens, PAD)
    assert {event.path: " ".join(event.axes) for event in trace} == {
        "source_mask": "batch query key",
        "target_mask": "batch query key",
    }


def test_a_blind_mask_is_shown_before_it_is_refused() -> None:
    with record(nn.Identity()) as trace, pytest.raises(ValueError, match="may look at nothing"):
        source_mask(torch.tensor([[PAD]]), PAD)
    assert trace["source_mask"].value.tolist() == [[[False]]]
