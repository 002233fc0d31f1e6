"""Record less: of all tests of a file, or of one."""

import pytest

import tracetf

pytestmark = pytest.mark.trace(parameters=False)


@pytest.mark.trace(only=["*.weights", "output.*"], layers=[1])
def test_last_layer(trace):
    model = tracetf.load()
    model.translate("I am a student")
    assert {event.name for event in trace} == {"weights", "logits"}
