import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetf.data.vocabulary import END, PAD, SPECIALS, START, UNKNOWN, Vocabulary


def test_special_tokens_come_first_and_keep_their_numbers():
    vocabulary = Vocabulary.from_sentences([["b", "a"]])
    assert list(vocabulary) == ["<pad>", "<s>", "</s>", "<unk>", "a", "b"]
    assert [vocabulary.tokens[number] for number in (PAD, START, END, UNKNOWN)] == list(SPECIALS)


def test_words_are_numbered_once_and_in_order():
    vocabulary = Vocabulary.from_sentences([["go", "home", "."], ["go", "."]])
    assert len(vocabulary) == len(SPECIALS) + 3
    assert vocabulary.encode([".", "go", "home"]) == [4, 5, 6]
    assert "go" in vocabulary
    assert "went" not in vocabulary


def test_unknown_tokens_are_encoded_as_such_and_named_once():
    vocabulary = Vocabulary.from_sentences([["go", "home"]])
    assert vocabulary.encode(["the", "go"]) == [UNKNOWN, 4]
    assert vocabulary.unknown(["the", "go", "sky", "the"]) == ["the", "sky"]
    assert vocabulary.decode([4, UNKNOWN]) == ["go", "<unk>"]


def test_a_token_listed_twice_is_refused():
    with pytest.raises(
        ValueError, match="vocabulary lists '##는' twice, at 4 and 6; every token may stand once"
    ):
        Vocabulary([*SPECIALS, "##는", "나", "##는"])


def test_a_special_token_among_the_words_is_refused():
    with pytest.raises(ValueError, match="vocabulary lists '<s>' twice, at 1 and 4"):
        Vocabulary.from_sentences([["<s>", "go"]])


@pytest.mark.parametrize(
    ("tokens", "given"),
    [([], "nothing"), (["go"], "go"), (["<s>", "<pad>", "</s>", "<unk>", "go"], "<s> <pad> </s> <unk>")],
)
def test_missing_special_tokens_are_refused(tokens, given):
    with pytest.raises(
        ValueError, match=f"vocabulary begins with {given}; it must begin with <pad> <s> </s> <unk>: "
    ):
        Vocabulary(tokens)


@pytest.mark.parametrize("number", [-1, 5])
def test_a_number_that_no_token_has_is_refused(number):
    with pytest.raises(ValueError, match=f"token {number} does not exist; this vocabulary numbers 0 to 4"):
        Vocabulary([*SPECIALS, "go"]).decode([number])


@given(st.lists(st.lists(st.text().filter(lambda word: word not in SPECIALS))))
def test_known_words_come_back(sentences):
    vocabulary = Vocabulary.from_sentences(sentences)
    for sentence in sentences:
        assert vocabulary.decode(vocabulary.encode(sentence)) == sentence
    assert Vocabulary(vocabulary.tokens).tokens == vocabulary.tokens
