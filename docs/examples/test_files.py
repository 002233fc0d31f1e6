"""A run of today against a run that was kept."""

import pytest

import tracetf


@pytest.fixture
def kept(tmp_path):
    model = tracetf.load()
    with tracetf.record(model) as trace:
        model.translate("I am a student")
    trace.save(tmp_path / "reference.safetensors")
    return tmp_path / "reference.safetensors"


def test_nothing_has_changed(kept, trace):
    model = tracetf.load()
    model.translate("I am a student")
    assert trace == tracetf.read_trace(kept)
