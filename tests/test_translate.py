"""A sentence in, a sentence out; and what is refused on the way."""

import copy
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tracetf.data.splits import splits
from tracetf.data.subwords import Subwords
from tracetf.data.tokens import EnglishWords, KoreanPieces
from tracetf.data.vocabulary import PAD, SPECIALS, Vocabulary
from tracetf.dimensions import Dimensions
from tracetf.recorder import record
from tracetf.shipped import load
from tracetf.trace.verify import verify
from tracetf.translate import Translator, padded
from tracetf.translators import untrained

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


def of_subwords(shared: bool = True) -> Translator:
    """Return an untrained model that reads and writes subwords."""
    torch.manual_seed(0)
    subwords = Subwords.learned(["Ein Mann sitzt. A man sits.", "Der Mann sitzt. The man sits."], 300)
    size = len(subwords.vocabulary)
    dimensions = Dimensions(size, size, d_model=12, heads=2, d_ff=9, layers=1, longest=32, shared=shared)
    return untrained(dimensions, subwords, subwords).eval()


@pytest.mark.parametrize("shared", [True, False])
def test_a_model_of_subwords_comes_back_from_its_file(tmp_path, shared):
    model = of_subwords(shared)
    model.checkpoint().write(tmp_path / "model.safetensors", half=False)
    again = load(tmp_path / "model.safetensors")
    for name, weight in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
    assert (again.encoder.embedding.weight is again.output.weight) == shared
    for sentence in ("The man sits.", "한국어 <s> ▁"):
        assert again.read(sentence) == model.read(sentence)
        assert again.text(again.read_target(sentence)) == sentence.replace("▁", "_")
        assert again.translate(sentence, cached=True) == model.translate(sentence, cached=True)


def test_subwords_are_what_a_trace_shows():
    model = of_subwords()
    with record(model) as trace:
        model.force("The man é", "Mann")
    assert trace.spell("source", trace["source"].value) == (("▁The", "▁man", "▁", "<0xC3>", "<0xA9>"),)
    assert trace.spell("target", trace["expected"].value)[0][-1] == "</s>"
    assert trace["encoder.layers.0.self_attention.weights"].labels["key"][0][:2] == ("▁The", "▁man")
    assert verify(trace)


def test_a_copy_of_a_model_of_subwords_reads_the_same():
    model = of_subwords()
    assert copy.deepcopy(model).read("The man sits.") == model.read("The man sits.")


def test_what_a_file_makes_a_model_write_moves_no_cursor():
    hostile = KoreanPieces(Vocabulary([*SPECIALS, "a\x1b[2J\n", "\x9b"]))
    model = untrained(replace(MODEL.dimensions, target_words=6), MODEL.reader, hostile)
    assert model.text(["a\x1b[2J\n", "\x9b"]) == "a�[2J� �"


def test_a_shared_model_needs_one_vocabulary():
    words = [EnglishWords(Vocabulary([*SPECIALS, word])) for word in "ab"]
    with pytest.raises(
        ValueError, match="shared=True has one vocabulary, and reader and writer have two; give"
    ):
        untrained(replace(MODEL.dimensions, source_words=5, target_words=5, shared=True), *words)


def test_padding_stands_on_the_right():
    assert torch.equal(padded([[5, 6], [7]], PAD), torch.tensor([[5, 6], [7, 0]]))


def test_writing_stops_where_positions_end():
    model = untrained(MODEL.dimensions, MODEL.reader, MODEL.writer).eval()
    written = list(model.translate_all(["a " * 60]))
    assert len(written) == 1


def test_vocabularies_must_fit_the_model():
    with pytest.raises(
        ValueError, match="vocabularies of 4 and 143 words do not fit a model made for 122 and 143"
    ):
        untrained(MODEL.dimensions, EnglishWords(Vocabulary(SPECIALS)), MODEL.writer)
