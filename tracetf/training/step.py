"""One batch forward and backward, in a way that a CPU likes."""

import torch
from torch import Tensor

from tracetf.encoder_decoder import EncoderDecoder
from tracetf.training.loss import smoothed_loss

AT_ONCE = 2_500_000  # logits: 10 MB


def gradients(model: EncoderDecoder, source: Tensor, target: Tensor, smoothing: float, words: int) -> Tensor:
    """Add the gradient of a batch's loss to the model's, and return that loss.

    With a large vocabulary half of a step is the output layer and the loss. So padding is left out of both,
    and they go forward and backward for a few words at a time, whose logits a processor can keep at hand.

    Args:
        smoothing: share of the target that is spread evenly, section 5.4.
        words: target words that the loss is divided by, so that batches add up to one.

    Shapes:
        source: batch source
        target: batch target
        return:
    """
    expected = target[:, 1:]
    counts = expected != model.padding
    memory, mask = model.encode(source)
    x = model.vectors(target[:, :-1], memory, mask)[counts]
    read = x.detach().requires_grad_()
    loss = torch.zeros((), device=x.device)
    rows = max(1, AT_ONCE // len(model.output.weight))
    for some, following in zip(torch.split(read, rows), torch.split(expected[counts], rows), strict=True):
        part = smoothed_loss(
            model.output(some[None]).float(), following[None], smoothing, model.padding, words
        )
        part.backward()  # type: ignore[no-untyped-call]  # torch's own omission
        loss += part.detach()
    x.backward(read.grad)  # type: ignore[no-untyped-call]  # torch's own omission
    return loss
