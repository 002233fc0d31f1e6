"""Files of models: what comes back, what is refused, what is never left behind."""

import json
from importlib.resources import files

import pytest
import torch
from safetensors.torch import save_file

from tracetf.checkpoint import FORMAT, read
from tracetf.translate import load

SHIPPED = files("tracetf") / "student.safetensors"


def test_the_shipped_file_is_small_and_exact_in_float16():
    assert len(SHIPPED.read_bytes()) < 1_000_000
    for name, weight in read(SHIPPED).weights.items():
        assert torch.equal(weight, weight.half().float()), name


def test_writing_and_reading_gives_the_same_model(tmp_path):
    load().checkpoint().write(tmp_path / "copy.safetensors")
    copy, shipped = read(tmp_path / "copy.safetensors"), read(SHIPPED)
    assert copy.dimensions == shipped.dimensions
    assert copy.vocabularies == shipped.vocabularies
    assert copy.provenance == shipped.provenance
    assert all(torch.equal(copy.weights[name], weight) for name, weight in shipped.weights.items())


@pytest.mark.parametrize("length", [0, 7, 8, 100, 5000, 300_000])
def test_a_truncated_file_is_refused(tmp_path, length):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(SHIPPED.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"broken\.safetensors is not a whole checkpoint"):
        load(broken)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "something else"}, "is not a tracetf checkpoint; a checkpoint is what"),
        ({"dimensions": "{}"}, "is not a whole checkpoint"),
        ({"dimensions": "not json"}, "is not a whole checkpoint"),
        ({"vocabularies": "[]"}, "is not a whole checkpoint"),
    ],
)
def test_a_foreign_header_is_refused(tmp_path, change, message):
    made = load().checkpoint()
    header = {
        "format": FORMAT,
        "dimensions": json.dumps(vars(made.dimensions)),
        "vocabularies": json.dumps(made.vocabularies),
        "provenance": "{}",
    }
    save_file({"weight": torch.zeros(1)}, tmp_path / "odd.safetensors", header | change)
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "odd.safetensors")


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
