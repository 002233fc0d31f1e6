"""Cross entropy with label smoothing: section 5.4 of the paper."""

from torch import Tensor
from torch.nn.functional import cross_entropy


def smoothed_loss(logits: Tensor, expected: Tensor, smoothing: float, padding: int) -> Tensor:
    """Return the mean cross entropy per word against a target of which a share is spread evenly: section 5.4.

    Args:
        smoothing: share ε; every word of the vocabulary gets ε / K of it.
        padding: the id that does not count.

    Shapes:
        logits: batch token vocabulary
        expected: batch token
        return:
    """
    return cross_entropy(
        logits.flatten(0, 1), expected.flatten(), ignore_index=padding, label_smoothing=smoothing
    )
