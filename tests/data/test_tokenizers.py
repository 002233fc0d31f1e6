"""Sentences to tokens and back, whatever the language."""

import subprocess
import sys
from collections import Counter
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from tracetf.data.grammar import Pair
from tracetf.data.pairs import TextPair
from tracetf.data.subwords import BYTES, FIRST, Subwords, normal
from tracetf.data.text import plain
from tracetf.data.tokenizers import KINDS, learned, morphemes, restored
from tracetf.data.tokens import Words
from tracetf.data.vocabulary import SPECIALS, UNKNOWN, Vocabulary

TEXT = [
    "A man in a red hat sits on the red bench.",
    "The dog runs, and the man's hat is red!",
    "Ein Mann mit rotem Hut sitzt auf der Bank.",
    "빨간 모자를 쓴 남자가 의자에 앉아 있다.",
]
SIZE = FIRST + 80
SUBWORDS = Subwords.learned(TEXT, SIZE)
SPECIAL_LOOKING = ["<s> </s> <pad> <unk>", "<0x41>", "▁", "a▁b ▁c", "▅", "##a ## ###"]
ODD = ["👩‍💻🇰🇷", "\u202eabc\u200f", "a\0b", "\ufeff", "", " \u3000x\n"]


@pytest.mark.parametrize("sentence", [*TEXT, *SPECIAL_LOOKING, *ODD])
def test_no_text_is_lost_or_taken_for_a_special_token(sentence):
    for tokenizer, written in ((SUBWORDS, normal(sentence)), (Words.learned(TEXT, 9), plain(sentence))):
        tokens = tokenizer.tokens(sentence)
        assert tokenizer.text(tokens) == written
        assert not set(tokens) & set(SPECIALS)
    assert UNKNOWN not in SUBWORDS.vocabulary.encode(SUBWORDS.tokens(sentence))


@given(st.text())
def test_any_text_comes_back(sentence):
    assert SUBWORDS.text(SUBWORDS.tokens(sentence)) == normal(sentence)
    assert Words(Vocabulary(SPECIALS)).text(Words(Vocabulary(SPECIALS)).tokens(sentence)) == plain(sentence)


@given(st.lists(st.integers(0, len(SUBWORDS.vocabulary) - 1)))
def test_any_subwords_make_text(ids):
    written = SUBWORDS.text(SUBWORDS.vocabulary.decode(ids))
    assert written == normal(written)
    assert not any(special in written for special in ("<pad>", "</s>"))


def test_the_vocabulary_alone_cuts_as_the_model_that_sentencepiece_learned():
    model = BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT),
        model_writer=model,
        vocab_size=SIZE,
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        minloglevel=2,
    )
    theirs = SentencePieceProcessor(model_proto=model.getvalue())
    assert [theirs.id_to_piece(i) for i in range(len(theirs))] == list(SUBWORDS.vocabulary)

    def agree(sentence):
        tokens = SUBWORDS.tokens(sentence)
        assert tokens == theirs.encode(normal(sentence), out_type=str)
        assert SUBWORDS.vocabulary.encode(tokens) == theirs.encode(normal(sentence))

    for sentence in TEXT:
        agree(sentence)
    given(st.text(st.sampled_from("thedrahinms 남자가▁<>é")))(agree)()


def test_frequent_parts_become_one_token_and_the_rest_bytes():
    assert SUBWORDS.tokens("the red") == ["▁the", "▁red"]
    assert SUBWORDS.tokens("é") == ["▁", "<0xC3>", "<0xA9>"]
    assert SUBWORDS.vocabulary.tokens[len(SPECIALS) : FIRST] == BYTES
    assert len(SUBWORDS.vocabulary) == SIZE


def test_the_same_text_makes_the_same_subwords_in_silence_and_only_when_asked():
    script = (
        "import sys; from tracetf.data.tokenizers import learned; assert 'sentencepiece' not in sys.modules;"
        f"reader, writer = learned('subwords', [(line, line) for line in {TEXT}], {SIZE});"
        "assert reader is writer; print(ascii(reader.vocabulary.tokens))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout == ascii(learned_here().vocabulary.tokens) + "\n"
    assert runs[0].stderr == ""


def learned_here() -> Subwords:
    return Subwords.learned([line for line in TEXT for _ in range(2)], SIZE)


def test_the_space_is_among_the_subwords_however_rare_it_is():
    assert "▁" in Subwords.learned(["ab" * 4000], SIZE).vocabulary


def test_a_text_with_fewer_subwords_than_asked_for_gives_those_it_has():
    assert FIRST < len(Subwords.learned(["a cat"], 10_000).vocabulary) < FIRST + 20


@pytest.mark.parametrize(
    ("text", "size", "reason"),
    [
        (TEXT, FIRST + 1, r"smaller than required_chars\. 261 vs \d+"),
        ([], SIZE, "it has no words"),
        ([" "], SIZE, "it has no words"),
    ],
)
def test_what_no_subwords_can_be_learned_from_is_refused(text, size, reason):
    with pytest.raises(
        ValueError, match=rf"no {size} subwords can be learned from this text: .*{reason}; give"
    ):
        Subwords.learned(text, size)


@pytest.mark.parametrize(
    "tokens",
    [
        [*SPECIALS],
        [*SPECIALS, *BYTES],
        [*SPECIALS, "▁", *BYTES],
        [*SPECIALS, *BYTES[1:], BYTES[0], "▁"],
        [*SPECIALS, *BYTES, "▁", ""],
        [*SPECIALS, *BYTES, "▁", "a\0b"],
        [*SPECIALS, *BYTES, "▁", "\ud800"],
    ],
)
def test_a_vocabulary_that_is_not_of_subwords_is_refused(tokens):
    with pytest.raises(
        ValueError, match=r"this is no vocabulary of subwords: .*; learn one with Subwords\.learned"
    ):
        restored("subwords", tokens)


PIECES = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1)


@given(st.lists(PIECES, unique=True), st.text())
def test_any_subwords_from_a_file_cut_any_text(pieces, sentence):
    tokens = dict.fromkeys([*SPECIALS, *BYTES, "▁", *pieces])
    tokenizer = restored("subwords", tokens)
    written = tokenizer.tokens(sentence)
    assert tokenizer.text(written) == normal(sentence)
    assert UNKNOWN not in tokenizer.vocabulary.encode(written)


def test_words_and_marks_are_cut_where_they_touch():
    words = Words.learned(TEXT, 1000)
    assert words.tokens("“Hello”, he said  (twice)!") == [
        *("“", "##Hello", "##”", "##,", "he", "said", "(", "##twice", "##)", "##!")
    ]
    assert words.tokens("हिन्दी 한국어") == ["हिन्दी", "한국어"]


def test_the_most_frequent_words_are_numbered():
    words = Words.learned(["b a", "b c ."], len(SPECIALS) + 3)
    assert list(words.vocabulary) == [*SPECIALS, "b", ".", "a"]
    assert Counter(words.vocabulary.encode(words.tokens("a d b")))[UNKNOWN] == 1


def test_each_language_has_its_words_and_both_share_their_subwords():
    pairs = [TextPair(TEXT[0], TEXT[2])] * 3
    reader, writer = learned("words", pairs, 12)
    assert len(reader.vocabulary) == len(writer.vocabulary) == 12
    assert "##." in reader.vocabulary
    assert "Mann" not in reader.vocabulary
    reader, writer = learned("subwords", pairs, FIRST + 40)
    assert reader is writer


def test_morphemes_are_those_of_the_corpus_alone(small: list[Pair]):
    reader, writer = morphemes(small)
    for pair in small[::500]:
        assert reader.tokens(reader.text(pair.source)) == list(pair.source)
        assert writer.tokens(writer.text(pair.target)) == list(pair.target)
    with pytest.raises(
        ValueError, match=r"tokens='morphemes' cannot be learned from text, .*; take words or subwords"
    ):
        learned("morphemes", [TextPair("a", "b")], 10)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"tokens='letters' cannot be learned from text, .*; take words"):
        learned("letters", [TextPair("a", "b")], 10)
    with pytest.raises(ValueError, match="nothing cuts text into 'letters', only into english words, korean"):
        restored("letters", SPECIALS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_file_says_makes_the_same_tokenizer(kind):
    tokenizer = KINDS[kind](SUBWORDS.vocabulary)
    again = restored(tokenizer.kind, list(tokenizer.vocabulary))
    for sentence in TEXT:
        assert again.tokens(sentence) == tokenizer.tokens(sentence)
        assert again.text(again.tokens(sentence)) == tokenizer.text(tokenizer.tokens(sentence))
