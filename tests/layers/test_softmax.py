from math import inf

import pytest
import torch

from tracetf.layers.softmax import softmax


@pytest.mark.parametrize("keys", [1, 4, 15, 16, 17, 40])
def test_softmax_is_that_of_torch_with_its_gradient(keys: int) -> None:
    x = torch.randn(2, 3, 5, keys)
    x[0, :, :, : keys // 2] = -inf
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    softmax(ours).square().sum().backward()
    torch.softmax(theirs, dim=-1).square().sum().backward()
    torch.testing.assert_close(softmax(ours), torch.softmax(x, dim=-1), rtol=2e-5, atol=1e-7)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=2e-5, atol=1e-7)
