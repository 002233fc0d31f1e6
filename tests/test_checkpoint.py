"""Files of models: what comes back, what is refused, what is never left behind."""

import json
import math
from dataclasses import replace
from importlib.resources import files

import pytest
import torch
from safetensors.torch import save_file

from tracetf.checkpoint import FORMAT, read, shapes_of
from tracetf.dimensions import ATTENTIONS, Seq2seqDimensions
from tracetf.recurrent.seq2seq import Seq2seq
from tracetf.shipped import SHIPPED, load

STUDENT = files("tracetf") / "models" / "student.safetensors"


def test_the_shipped_file_is_small_and_exact_in_float16():
    assert len(STUDENT.read_bytes()) < 1_000_000
    for name, weight in read(STUDENT).weights.items():
        assert torch.equal(weight, weight.half().float()), name


def test_the_first_format_said_nothing_of_tokenizers(altered):
    old = load(altered(format="tracetf checkpoint 1", tokenizers="nonsense"))
    assert old.checkpoint().tokenizers == read(STUDENT).tokenizers == load().checkpoint().tokenizers
    assert old.translate("I am a student") == "나는 학생이다."


@pytest.mark.parametrize("half", [True, False])
def test_weights_are_rounded_or_kept_as_they_are(tmp_path, half):
    made = load().checkpoint()
    exact = {name: torch.randn(weight.shape) for name, weight in made.weights.items()}
    replace(made, weights=exact).write(tmp_path / "model.safetensors", half=half)
    for name, weight in read(tmp_path / "model.safetensors").weights.items():
        assert weight.dtype == torch.float32
        assert torch.equal(weight, exact[name].half().float() if half else exact[name]), name


def test_writing_and_reading_gives_the_same_model(tmp_path):
    load().checkpoint().write(tmp_path / "copy.safetensors")
    copy, shipped = read(tmp_path / "copy.safetensors"), read(STUDENT)
    assert copy.dimensions == shipped.dimensions
    assert copy.tokenizers == shipped.tokenizers
    assert copy.vocabularies == shipped.vocabularies
    assert copy.provenance == shipped.provenance
    assert all(torch.equal(copy.weights[name], weight) for name, weight in shipped.weights.items())


@pytest.mark.parametrize("length", [0, 7, 8, 100, 5000, 300_000])
def test_a_truncated_file_is_refused(tmp_path, length):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(STUDENT.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"broken\.safetensors is not a whole checkpoint"):
        load(broken)


@pytest.fixture
def altered(tmp_path):
    """Return a function that writes the shipped checkpoint with another header."""

    def altered(sizes=None, **header: str):
        made = load().checkpoint()
        told = {
            "format": FORMAT,
            "architecture": "transformer",
            "dimensions": json.dumps(vars(made.dimensions) | (sizes or {})),
            "tokenizers": json.dumps(made.tokenizers),
            "vocabularies": json.dumps(made.vocabularies),
            "provenance": "{}",
        }
        weights = {name: weight.detach() for name, weight in made.weights.items()}
        save_file(weights, tmp_path / "odd.safetensors", told | header)
        return tmp_path / "odd.safetensors"

    return altered


def test_what_a_header_says_besides_is_passed_over(altered):
    assert load(altered(mood="good")).translate("I am a student") == "나는 학생이다."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "something else"}, "is not a tracetf checkpoint; a checkpoint is what"),
        (
            {"format": "tracetf checkpoint 4"},
            "is a 'tracetf checkpoint 4', and this tracetf reads up to .* 3'; update",
        ),
        ({"architecture": "mamba"}, "architecture 'mamba' is not one of transformer, seq2seq"),
        ({"architecture": "seq2seq"}, "no seq2seq has d_ff"),
        ({"dimensions": "{}"}, "dimensions: source_words is missing; a checkpoint is what"),
        ({"dimensions": "[]"}, r"dimensions: \[\] is no object"),
        ({"dimensions": "not json"}, "dimensions: Expecting value"),
        ({"tokenizers": "[]"}, r"tokenizers: \[\] is no object"),
        ({"tokenizers": '{"source": "words"}'}, "tokenizers: .* lacks target"),
        (
            {"tokenizers": '{"source": "words", "target": "x"}'},
            "nothing cuts text into 'x', only into english",
        ),
        ({"tokenizers": '{"source": "words", "target": "subwords"}'}, "no vocabulary of subwords: <0x00> to"),
        ({"vocabularies": "[]"}, r"vocabularies: \[\] is no object"),
        ({"vocabularies": '{"source": []}'}, "vocabularies: .* lacks target"),
        ({"vocabularies": '{"source": [], "target": [1]}'}, "vocabularies: 1 is no text"),
        ({"vocabularies": '{"source": [], "target": []}'}, "vocabulary begins with nothing"),
        ({"provenance": "1"}, "provenance: 1 is no object"),
    ],
    ids=str,
)
def test_a_foreign_header_is_refused(altered, change, message):
    with pytest.raises(ValueError, match=rf"odd\.safetensors (is .*)?{message}"):
        load(altered(**change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"experts": 8}, "no transformer has experts"),
        ({"d_model": 10**9}, r"shape \(.*\), not \(.*1000000000.*\)"),
        ({"d_model": 64.0}, "64.0 is no whole number"),
        ({"heads": True}, "True is no whole number"),
        ({"shared": 1}, "1 is neither true nor false"),
        ({"shared": True}, "a shared vocabulary has one size, not source_words=122 and target_words=143"),
        ({"layers": 10**6}, r"does not hold the weights .*: encoder\.layers\.2\..* is missing"),
        ({"layers": 1}, r"holds more than the weights of its dimensions: decoder\.layers\.1\."),
        ({"longest": 10**9}, "longest=1000000000 would take more room than all weights"),
        ({"longest": 0}, "longest=0 must be at least 1"),
        ({"epsilon": math.nan}, "nan is not finite"),
        ({"dropout": 1.5}, "dropout p=1.5 is not a probability"),
        ({"norm": "none"}, "norm='none' is not one of post, pre"),
        ({"padding": 10**6}, "padding=1000000 is no word's number"),
    ],
    ids=str,
)
def test_dimensions_that_are_not_those_of_the_weights_are_refused(altered, change, message):
    with pytest.raises(
        ValueError, match=rf"odd\.safetensors is not a whole checkpoint: .*{message}.*; a check"
    ):
        load(altered(change))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"norm": "pre"},
        {"shared": True, "source_words": 13},
        {"layers": 3},
        {"d_model": 9, "d_k": 4, "d_v": 2},
        {"heads": 2, "d_ff": 1},
    ],
)
def test_the_shapes_of_the_weights_are_known_without_a_model(build, changes):
    model = build(**changes)
    assert dict(shapes_of(model.dimensions)) == {n: tuple(p.shape) for n, p in model.named_parameters()}


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("words", [{"source_words": 11, "target_words": 13}, {"shared": True}])
def test_so_are_those_of_a_recurrent_model(attention, words):
    size = Seq2seqDimensions(
        **{"source_words": 13, "target_words": 13} | words, attention=attention, d_model=26
    )
    shapes = {name: tuple(parameter.shape) for name, parameter in Seq2seq(size).named_parameters()}
    assert dict(shapes_of(size)) == shapes


@pytest.mark.parametrize("name", SHIPPED)
def test_every_model_that_ships_is_found_by_its_name_and_by_its_path(name, tmp_path):
    made = load(name)
    made.checkpoint().write(tmp_path / "copy.safetensors")
    copy = load(tmp_path / "copy.safetensors")
    assert type(copy) is type(made)
    assert copy.dimensions == made.dimensions
    assert copy.translate("I am a student") == "나는 학생이다."


def test_the_second_format_knew_transformers_alone(altered):
    old = load(altered(format="tracetf checkpoint 2", architecture="nonsense"))
    assert old.translate("I am a student") == "나는 학생이다."


def test_missing_weights_are_named(tmp_path):
    made = load().checkpoint()
    del made.weights["encoder.layers.0.self_attention.W_Q"]
    made.write(tmp_path / "less.safetensors")
    with pytest.raises(ValueError, match=r"does not hold .* encoder\.layers\.0\.self_attention\.W_Q"):
        load(tmp_path / "less.safetensors")


def test_a_weight_of_another_shape_is_named(tmp_path):
    made = load().checkpoint()
    made.weights["encoder.layers.0.self_attention.W_Q"] = torch.zeros(2, 2)
    made.write(tmp_path / "odd.safetensors")
    with pytest.raises(ValueError, match=r"self_attention\.W_Q has shape \(2, 2\), not \(4, 64, 16\)"):
        load(tmp_path / "odd.safetensors")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        load().checkpoint().write(path)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("model.safetensors", b"old")]
