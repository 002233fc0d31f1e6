"""What must hold of the numbers, whatever the weights are."""

import torch

import tracetf
from tracetf.testing import causal, close, finite, rows_sum_to_one


def test_attention(trace):
    model = tracetf.load()
    model.translate("I am a student")
    rows_sum_to_one(trace.select("*.weights"))
    causal(trace.select("decoder.*.self_attention.weights"))
    finite(trace.select("*.logits"))


def test_softmax_is_that_of_torch(trace):
    model = tracetf.load()
    model.translate("I am a student")
    for masked in trace.select("*.masked"):
        weights = trace[f"{masked.module}.weights", masked.phase]
        close(weights, torch.tensor(masked.value).softmax(dim=-1))
