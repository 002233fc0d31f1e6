"""The encoder may look ahead, so this fails."""

import tracetf
from tracetf.testing import causal


def test_encoder(trace):
    model = tracetf.load()
    model.translate("I am a student")
    causal(trace.select("encoder.*.weights"))
