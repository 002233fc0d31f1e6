"""After a backward pass, events have their gradient."""

import torch

import tracetf
from tracetf.testing import close, finite, gradients


def test_gradients(trace):
    size = tracetf.Dimensions(
        source_words=9, target_words=9, d_model=8, heads=2, d_k=4, d_v=4, d_ff=16, layers=1
    )
    model = tracetf.Transformer(size)
    logits = model(torch.tensor([[4, 5, 6]]), torch.tensor([[1, 7, 8]]))
    logits.square().sum().backward()
    finite(gradients(trace.select("*.scores")))
    close(gradients(trace["output.logits"]), 2 * logits)
