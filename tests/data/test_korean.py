import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracetf.data.grammar import pairs
from tracetf.data.korean import detokenize, has_batchim, particle, pieces
from tracetf.data.lexicon import ADVERBS, ATTRIBUTES
from tracetf.data.text import END_MARKS
from tracetf.data.vocabulary import SPECIALS, Vocabulary

NANO = Vocabulary.from_sentences(pair.target for pair in pairs("nano"))
FIRST = [piece for piece in NANO if not piece.startswith("##") and piece not in (*SPECIALS, *END_MARKS)]
LATER = [piece for piece in NANO if piece.startswith("##")]


def test_pieces_are_glued_and_marks_too():
    assert detokenize(["나", "##는", "학생", "##이다", "."]) == "나는 학생이다."
    assert detokenize(["너", "##는", "어디", "##에", "가", "##니", "?"]) == "너는 어디에 가니?"
    assert detokenize([]) == ""


def test_a_piece_with_nothing_on_its_left_is_still_printed():
    assert detokenize(["##는", "학생"]) == "는 학생"


def test_every_sentence_of_small_comes_back_piece_by_piece(small, korean_vocabulary):
    for pair in small:
        assert tuple(pieces(detokenize(pair.target), korean_vocabulary)) == pair.target


def test_every_sentence_of_nano_comes_back_with_the_vocabulary_of_nano():
    for pair in pairs("nano"):
        assert tuple(pieces(detokenize(pair.target), NANO)) == pair.target


def test_more_words_change_no_cut(small, korean_vocabulary):
    more = {*korean_vocabulary, *(word.korean for word in (*ATTRIBUTES, *ADVERBS))}
    for pair in small[::7]:
        assert tuple(pieces(detokenize(pair.target), more)) == pair.target


@pytest.mark.parametrize(
    "text", ["나는 집에 간다.", "나는 집에 간다", "  나는\t집에  간다 . ", "나는 집에 간다!"]
)
def test_spacing_and_a_missing_full_stop_are_put_right(korean_vocabulary, text):
    assert pieces(text, korean_vocabulary) == ["나", "##는", "집", "##에", "간", "##다", "."]


def test_a_question_without_its_mark_gets_it(korean_vocabulary):
    assert pieces("너는 의사니", korean_vocabulary)[-2:] == ["##니", "?"]
    assert pieces("너는 학생이니", korean_vocabulary)[-2:] == ["##이니", "?"]


def test_decomposed_letters_are_read_like_composed_ones(korean_vocabulary):
    decomposed = unicodedata.normalize("NFD", "나는 학생이다.")
    assert pieces(decomposed, korean_vocabulary) == ["나", "##는", "학생", "##이다", "."]


def test_a_word_that_cannot_be_cut_stays_whole(korean_vocabulary):
    found = pieces("나는 날씨를 좋아한다.", korean_vocabulary)
    assert found == ["나", "##는", "날씨를", "좋아한", "##다", "."]
    assert korean_vocabulary.unknown(found) == ["날씨를"]


def test_fewest_pieces_win_and_ties_go_to_the_longer_last_piece():
    assert pieces("가나다", {"가", "가나", "##나다", "##나", "##다"}) == ["가", "##나다", "."]
    assert pieces("가나다", {"가", "##나", "##다", "가나"}) == ["가나", "##다", "."]


def test_written_markers_are_no_pieces(korean_vocabulary):
    assert pieces("<pad> ##는", korean_vocabulary) == ["<", "pad", ">", "#", "#", "는", "."]


@pytest.mark.parametrize(("word", "closed"), [("학생", True), ("의사", False), ("물", True), ("차", False)])
def test_batchim_is_seen_in_the_last_syllable(word, closed):
    assert has_batchim(word) is closed


@pytest.mark.parametrize(
    ("use", "after_consonant", "after_vowel"),
    [
        ("topic", "##은", "##는"),
        ("subject", "##이", "##가"),
        ("object", "##을", "##를"),
        ("is", "##이다", "##다"),
        ("is?", "##이니", "##니"),
        ("was", "##이었", "##였"),
    ],
)
def test_particles_follow_the_batchim(use, after_consonant, after_vowel):
    assert particle(use, "학생") == after_consonant
    assert particle(use, "의사") == after_vowel


@pytest.mark.parametrize("word", ["student", "", "학생a", "ㅎ"])
def test_a_particle_after_something_else_than_hangul_is_refused(word):
    with pytest.raises(
        ValueError, match=f"'{word}' does not end in a Hangul syllable; write the noun in Hangul"
    ):
        particle("topic", word)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_cut_into_something_printable(text):
    found = pieces(text, NANO)
    assert all(piece and not piece.isspace() for piece in found)
    assert bool(found) == bool(text.strip())
    assert detokenize(found) == detokenize(pieces(detokenize(found), NANO))


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(LATER), max_size=3).flatmap(
    lambda later: st.sampled_from(FIRST).map(lambda first: [first, *later])
), min_size=1))  # fmt: skip
def test_text_of_known_words_comes_back_to_the_letter(words):
    text = detokenize([*(piece for word in words for piece in word), "."])
    found = pieces(text, NANO)
    assert detokenize(found) == text
    assert NANO.unknown(found) == []
    assert len(found) <= 1 + sum(map(len, words))
