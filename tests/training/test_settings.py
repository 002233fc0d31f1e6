"""Every setting once: its range, its words, a file of them, the presets, and the page that lists them."""

import subprocess
import sys
import tomllib
from dataclasses import asdict
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetf.dimensions import ATTENTIONS, Seq2seqDimensions
from tracetf.shipped import load
from tracetf.training.config import read_config, to_toml
from tracetf.training.presets import PRESETS, preset
from tracetf.training.settings import ARCHITECTURES, GROUPS, SETTINGS, Settings, of_group

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_its_file(name, tmp_path):
    settings = preset(name)
    (tmp_path / "a.toml").write_text(to_toml(settings), encoding="utf-8")
    assert Settings(**read_config(tmp_path / "a.toml")) == settings


@given(st.text(st.characters(codec="utf-8")), st.floats(0, 0.999), st.integers(1, 10**9))
def test_any_setting_survives_its_file(data, dropout, steps):
    settings = preset("tiny", data=data, dropout=dropout, steps=steps)
    assert Settings(**tomllib.loads(to_toml(settings))) == settings


def test_base_is_the_papers_base_model():
    base = preset("base")
    assert (base.d_model, base.heads, base.layers, base.d_ff) == (512, 8, 6, 2048)
    assert (base.dropout, base.smoothing, base.warmup) == (0.1, 0.1, 4000)
    assert base.highest == pytest.approx(1 / sqrt(512 * 4000))


def test_tiny_is_small():
    tiny = preset("tiny")
    assert (tiny.d_model, tiny.heads, tiny.layers, tiny.d_ff) == (128, 4, 4, 256)


def test_the_shipped_model_was_trained_by_the_preset_in_the_code():
    made, recipe = load().provenance, asdict(preset("student"))
    assert {name: recipe[name] for name in made if name in recipe} == {
        name: value for name, value in made.items() if name in recipe
    }
    assert {"steps", "batch", "peak", "warmup", "smoothing", "clip", "seed", "corpus"} <= made.keys()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 0}, "heads=0 must be at least 1; it is: heads of every attention"),
        ({"dropout": 1.0}, "dropout=1.0 must be below 1"),
        ({"smoothing": -0.1}, "smoothing=-0.1 must be at least 0"),
        ({"steps": "many"}, "steps='many' is no whole number; it is: training steps"),
        ({"steps": True}, "steps=True is no whole number"),
        ({"steps": 1.5}, "steps=1.5 is no whole number"),
        ({"peak": float("nan")}, "peak=nan is no number"),
        ({"peak": float("inf")}, "peak=inf is no number"),
        ({"data": 3}, "data=3 is no text"),
        ({"norm": "mid"}, "norm='mid' is not one of post, pre"),
        ({"corpus": "large"}, "corpus='large' is not one of nano, small, full"),
        ({"heads": 5}, "d_model=64 does not split evenly into heads=5; heads that divide it: 1, 2, 4, 8"),
        ({"heds": 4}, "no setting is called 'heds'; nearest: heads"),
        ({"batch-tokns": 4}, "no setting is called 'batch_tokns'; nearest: batch_tokens"),
        ({"data": "p.tsv"}, "data='p.tsv' and corpus='small' are two sources of pairs; give one"),
        ({"validation": "v.tsv"}, "validation='v.tsv' is for data of your own; give data as well"),
        ({"batch": 0}, "batch=0 and batch_tokens=0 do not say how large a batch is; set one of them to 0"),
        ({"batch_tokens": 100}, "batch=128 and batch_tokens=100 do not say how large"),
        ({"architecture": "gru"}, "heads=4 has no meaning with architecture='gru'; the presets gru"),
        ({"architecture": "lstm"}, "architecture='lstm' is not one of transformer, gru, gru-attention"),
        ({"columns": "0,1"}, "columns='0,1' names no two columns; write the source's and the target's: 1,2"),
        ({"snapshot_sentence": "I go home"}, "says which, not how often; give snapshots as well"),
        ({"snapshots": 5, "snapshot_target": "나"}, "translates no sentence; give snapshot_sentence as well"),
    ],
)
def test_what_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is held against below
        preset("student", **changes)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokens": "morphemes"}, "known of the built-in pairs only; take words or subwords for data"),
        ({"held_out": 0, "patience": 3}, "patience=3 and average=1 need pairs to judge by"),
        (
            {"held_out": 0, "average": 3},
            "average=3 need pairs to judge by, and there are none; give validation",
        ),
    ],
)
def test_what_cannot_be_with_data_of_ones_own_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        preset("tiny", data="pairs.tsv", **changes)


@pytest.mark.parametrize(("architecture", "attention"), list(ARCHITECTURES.items())[1:])
def test_every_recurrent_architecture_has_its_attention(architecture, attention):
    made = preset("gru", architecture=architecture).dimensions(11, 13, shared=False)
    assert made == Seq2seqDimensions(11, 13, d_model=64, longest=64, attention=attention)
    assert {*ARCHITECTURES.values()} == {"", *ATTENTIONS}


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match=f"there is no preset 'large'; choose {', '.join(PRESETS)}"):
        preset("large")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("steps == 3", r"c.toml: .*; its lines look like: steps = 1000"),
        ("[model]\nheads = 2", "c.toml: no setting is called 'model'; nearest: "),
        ("haeds = 2", "c.toml: no setting is called 'haeds'; nearest: heads"),
        ("\xff", "c.toml: .*utf-8"),
    ],
)
def test_a_config_file_that_says_something_else_is_refused(tmp_path, content, message):
    (tmp_path / "c.toml").write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=message):
        read_config(tmp_path / "c.toml")


def test_names_in_a_config_file_may_have_dashes(tmp_path):
    (tmp_path / "c.toml").write_text("d-model = 32\nbatch_tokens = 7")
    assert read_config(tmp_path / "c.toml") == {"d_model": 32, "batch_tokens": 7}


def test_every_setting_is_in_one_group_and_explained():
    assert [one.name for group in GROUPS for one in of_group(group)] == list(SETTINGS)
    for name, one in SETTINGS.items():
        assert one.metadata["help"], name
        assert not one.metadata["help"].endswith("."), name


def test_the_page_lists_every_setting_as_the_code_has_it():
    written = subprocess.run(
        [
            sys.executable,
            "-c",
            "import settings; print(settings.filled(settings.PAGE.read_text('utf-8')), end='')",
        ],
        cwd=DOCS,
        capture_output=True,
        check=True,
    ).stdout
    assert written == (DOCS / "training.md").read_bytes(), "run: python docs/settings.py"
