"""A sentence in, a sentence out; and what is refused on the way."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tracetf.data.splits import splits
from tracetf.data.vocabulary import PAD
from tracetf.recorder import record
from tracetf.translate import load, padded

MODEL = load()


def test_the_first_sentence_is_translated():
    assert MODEL.translate("I am a student") == "나는 학생이다."


@pytest.mark.parametrize(
    "sentence", ["i am a student", "I'm a student.", "  I  AM A STUDENT .", "I’m a student!"]
)
def test_case_contractions_and_marks_do_not_matter(sentence):
    assert MODEL.translate(sentence) == "나는 학생이다."


def test_cached_and_uncached_write_the_same():
    for pair in splits("small").shown:
        sentence = " ".join(pair.source)
        assert MODEL.translate(sentence, cached=True) == MODEL.translate(sentence)


def test_many_sentences_are_translated_as_each_alone():
    sentences = [" ".join(pair.source) for pair in splits("small").iid[:30]]
    sentences.insert(7, "")
    alone = [MODEL.translate(sentence) if sentence else "" for sentence in sentences]
    assert list(MODEL.translate_all(sentences, together=8)) == alone


def test_a_refused_sentence_is_named_by_its_place():
    with pytest.raises(ValueError, match=r"sentence 3: the sentence holds the control character U\+0000"):
        list(MODEL.translate_all(["I go home", "", "a\0b"]))


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("", "the sentence is empty; give at least one word"),
        ("\n\t", "the sentence is empty"),
        ("a\x1b[0m", r"control character U\+001B at position 1"),
        ("\ud800", r"control character U\+D800 at position 0"),
        ("word " * 64, "the sentence has 65 words, and the model has positions for 63"),
    ],
)
def test_what_cannot_be_read_is_refused(sentence, message):
    for act in (MODEL.translate, MODEL.read, lambda text: MODEL.force(text, "나는 학생이다")):
        with pytest.raises(ValueError, match=message):
            act(sentence)


def test_unknown_words_are_named_and_translated_all_the_same():
    with pytest.warns(UserWarning, match="outside what the model learned: weather, nice; read as <unk>"):
        assert MODEL.translate("The weather is nice")


@given(st.text(max_size=40))
@pytest.mark.filterwarnings("ignore:outside what the model learned")
def test_any_text_is_translated_or_refused_with_a_reason(text):
    refusal = ""
    try:
        MODEL.translate(text, cached=True)
    except ValueError as error:
        refusal = str(error)
    assert not refusal or "; " in refusal


def test_forcing_shows_what_each_row_reads_and_must_predict():
    with record(MODEL) as trace:
        MODEL.force("I am a student", "나는 학생이다.")
    assert trace.spell("target", trace["target"].value) == (("<s>", "나", "##는", "학생", "##이다", "."),)
    assert trace.spell("target", trace["expected"].value) == (("나", "##는", "학생", "##이다", ".", "</s>"),)
    assert trace["probabilities"].value.argmax(-1).tolist() == trace["expected"].value.tolist()


def test_padding_stands_on_the_right():
    assert torch.equal(padded([[5, 6], [7]], PAD), torch.tensor([[5, 6], [7, 0]]))


def test_writing_stops_where_positions_end():
    untrained = type(MODEL)(MODEL.dimensions, MODEL.source, MODEL.target).eval()
    written = list(untrained.translate_all(["a " * 60]))
    assert len(written) == 1


def test_vocabularies_must_fit_the_model():
    with pytest.raises(
        ValueError, match="vocabularies of 4 and 143 words do not fit a model made for 122 and 143"
    ):
        type(MODEL)(MODEL.dimensions, type(MODEL.source)(tuple(MODEL.source)[:4]), MODEL.target)
