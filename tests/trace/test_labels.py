from collections.abc import Callable

import pytest
import torch

from tracetf.decoding import greedy
from tracetf.recorder import record
from tracetf.trace import Trace, verify
from tracetf.trace.labels import predicted, side
from tracetf.translate import Translator

SOURCE = ("i", "am", "a", "student", ".")
READ = ("<s>", "나", "##는", "학생", "##이다", ".")
EXPECTED = (*READ[1:], "</s>")


@pytest.fixture
def decoded(translator: Translator) -> Callable[[bool], Trace]:
    def decoded(cached: bool) -> Trace:
        source = torch.tensor([translator.source.encode(SOURCE), [5, 6, 0, 0, 0]])
        with record(translator) as trace:
            list(greedy(translator, source, start=1, end=99, longest=4, cached=cached))
        return trace

    return decoded


@pytest.mark.parametrize(
    ("path", "axis", "of"),
    [
        ("source", "token", "source"),
        ("source_mask", "key", "source"),
        ("encoder.embedding.rows", "token", "source"),
        ("encoder.layers.0.self_attention.weights", "query", "source"),
        ("encoder.layers.0.self_attention.weights", "key", "source"),
        ("target", "token", "target"),
        ("target_mask", "key", "target"),
        ("decoder.embedding.rows", "token", "target"),
        ("decoder.layers.0.self_attention.weights", "key", "target"),
        ("decoder.layers.0.cross_attention.weights", "query", "target"),
        ("decoder.layers.0.cross_attention.weights", "key", "source"),
        ("rows.memory", "token", "source"),
        ("output.logits", "token", "target"),
        ("probabilities", "token", "target"),
    ],
)
def test_an_axis_runs_over_the_words_its_module_reads(path: str, axis: str, of: str) -> None:
    assert side(path, axis) == of


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("source", {"token": SOURCE}),
        ("encoder.embedding.rows", {"token": SOURCE}),
        ("encoder.layers.0.self_attention.weights", {"query": SOURCE, "key": SOURCE}),
        ("encoder.layers.0.self_attention_norm.mean", {"token": SOURCE}),
        ("target", {"token": READ}),
        ("target_mask", {"query": READ, "key": READ}),
        ("decoder.layers.1.self_attention.weights", {"query": READ, "key": READ}),
        ("decoder.layers.1.cross_attention.weights", {"query": READ, "key": SOURCE}),
        ("decoder.layers.1.cross_attention.K", {"key": SOURCE}),
        ("decoder.layers.1.cross_attention.output", {"query": READ}),
        ("output.logits", {"token": READ}),
    ],
)
def test_rows_and_columns_carry_their_words(
    path: str, labels: dict[str, tuple[str, ...]], runs: dict[str, Trace]
) -> None:
    assert runs["forced"][path].labels == {axis: (words,) for axis, words in labels.items()}


def test_a_label_has_one_word_a_row(runs: dict[str, Trace], decoded: Callable) -> None:
    for trace in (runs["forced"], decoded(True), decoded(False)):
        for event in trace:
            for axis, sentences in event.labels.items():
                assert {len(words) for words in sentences} == {event.shape[event.axes.index(axis)]}, event


@pytest.mark.filterwarnings("ignore:.* was recorded in")
def test_cached_rows_carry_the_last_words_and_kept_keys_all(decoded: Callable) -> None:
    trace = decoded(cached=True)
    read = trace["target", "decode 3"].labels["token"]
    assert [len(words) for words in read] == [3, 3]
    weights = trace["decoder.layers.0.self_attention.weights", "decode 3"].labels
    assert weights == {"query": tuple(words[-1:] for words in read), "key": read}
    cross = trace["decoder.layers.0.cross_attention.weights", "decode 3"].labels
    assert cross["key"] == (SOURCE, ("a", "am", "<pad>", "<pad>", "<pad>"))
    assert trace["decoder.layers.0.self_attention.K", "decode 3"].labels == {"key": weights["query"]}
    assert trace["decoder.layers.0.cross_attention.keys", "decode 3"].labels == {"key": cross["key"]}


def test_a_model_without_words_has_no_labels(runs: dict[str, Trace]) -> None:
    assert [event for event in runs["eval"] if event.labels] == []


def test_a_sentence_is_not_labelled_with_the_words_of_the_one_before(translator: Translator) -> None:
    with record(translator) as trace:
        translator.force("I am a student.", "나는 학생이다.")
        translator.force("You are a teacher.", "너는 선생님이다.")
    for expected in trace.at("expected"):
        assert expected.labels in ({}, {"token": trace.spell("target", expected.value)})
    first, second = trace.at("decoder.layers.0.cross_attention.weights")
    assert first.labels["key"] == (SOURCE,)
    assert second.labels["key"] == (("you", "are", "a", "teacher", "."),)


@pytest.mark.parametrize(
    "path",
    ["decoder.layers.0.cross_attention.weights", "decoder.embedding.rows", "output.logits", "probabilities"],
)
def test_a_row_under_teacher_forcing_predicts_the_target_one_word_further(
    path: str, runs: dict[str, Trace]
) -> None:
    assert predicted(runs["forced"], runs["forced"][path]) == (EXPECTED,)


def test_rows_of_two_forced_sentences_read_and_predict_each_their_own(translator: Translator) -> None:
    with record(translator) as trace:
        translator.force("I am a student.", "나는 학생이다.")
        translator.force("You are a teacher.", "너는 선생님이다.")
    assert verify(trace)
    first, second = trace.at("output.logits")
    assert predicted(trace, first) == (EXPECTED,)
    assert predicted(trace, second) == (("너", "##는", "선생님", "##이다", ".", "</s>"),)


@pytest.mark.parametrize("cached", [True, False], ids=["cached", "uncached"])
def test_a_row_in_decoding_predicts_the_word_read_next_and_the_last_the_chosen(
    cached: bool, decoded: Callable
) -> None:
    trace = decoded(cached)
    later = trace["target", "decode 4"].labels["token"]
    for path in ("decoder.layers.1.cross_attention.weights", "output.logits"):
        event = trace[path, "decode 3"]
        first = 3 if cached else 1
        assert predicted(trace, event) == tuple(words[first:] for words in later)


def test_rows_of_two_decoded_sentences_predict_each_their_own(translator: Translator) -> None:
    with record(translator) as trace:
        for sentence in ([4, 5, 6], [9, 8, 7]):
            list(greedy(translator, torch.tensor([sentence]), start=1, end=99, longest=1, cached=False))
    for logits, choice in zip(trace.at("output.logits"), trace.at("choice"), strict=True):
        assert predicted(trace, logits) == trace.spell("target", choice.value[None])
    assert len({choice.value.item() for choice in trace.at("choice")}) == 2


@pytest.mark.parametrize(
    "path", ["source", "encoder.layers.0.self_attention.weights", "decoder.layers.0.cross_attention.K"]
)
def test_what_is_no_row_of_the_decoder_predicts_nothing(path: str, runs: dict[str, Trace]) -> None:
    assert predicted(runs["forced"], runs["forced"][path]) is None


def test_without_words_nothing_can_be_said(runs: dict[str, Trace]) -> None:
    assert predicted(runs["uncached"], runs["uncached"]["output.logits", "decode 2"]) is None
