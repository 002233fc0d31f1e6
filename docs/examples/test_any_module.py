"""Layers of one's own, and layers that nobody can change."""

import pytest
import torch
from torch import nn

import tracetf


class Gate(nn.Module):
    def forward(self, x):
        opened = torch.sigmoid(x)
        tracetf.tap("batch token gate", opened=opened)
        return x * opened


def test_a_layer_of_ones_own(trace):
    nn.Sequential(nn.Linear(3, 3), Gate())(torch.randn(1, 5, 3))
    assert trace.shapes == {"1.opened": "batch token gate=3"}


@pytest.mark.trace(modules=True)
def test_layers_of_torch(trace):
    layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)
    layer(torch.randn(1, 5, 8))
    assert trace.shapes >= {
        "self_attn.output_0": "batch token d_model=8",
        "linear1.output": "batch token d_ff=16",
        "linear2.output": "batch token d_model",
    }
