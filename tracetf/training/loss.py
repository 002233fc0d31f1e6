"""Cross entropy with label smoothing: section 5.4 of the paper."""

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import one_hot

from tracetf.taps import place, tap, watched


def smoothed_loss(logits: Tensor, expected: Tensor, smoothing: float, padding: int, words: int) -> Tensor:
    """Return the mean cross entropy per word against a target of which a share is spread evenly: section 5.4.

    The sum is divided by a number that is given, so that parts of a batch add up to the loss of the whole.

    Args:
        smoothing: share ε; every word of the vocabulary gets ε / K of it, the right one as well.
        padding: the id that does not count.
        words: how many words count, here and in the other parts of the batch.

    Shapes:
        logits: batch token vocabulary
        expected: batch token
        return:
    """
    with place("loss", logits=logits, expected=expected, smoothing=smoothing, padding=padding, words=words):
        log_probabilities = torch.log_softmax(logits, dim=-1)
        at_expected = log_probabilities.gather(-1, rearrange(expected, "batch token -> batch token 1"))
        nll = -rearrange(at_expected, "batch token 1 -> batch token")
        uniform = -log_probabilities.sum(dim=-1) / logits.shape[-1]
        smoothed = (1 - smoothing) * nll + smoothing * uniform
        counted = smoothed.masked_fill(expected == padding, 0)
        loss = counted.sum() / words
        tap(log_probabilities=log_probabilities, nll=nll, uniform=uniform)
        if watched():
            tap(smoothed_target=smoothed_target(expected, smoothing, logits.shape[-1]))
        tap(smoothed=smoothed, counted=counted, loss=loss)
    return loss


def smoothed_target(expected: Tensor, smoothing: float, vocabulary: int) -> Tensor:
    """Return the distribution that each row should predict: section 5.4; Szegedy et al. 2016, section 7.

    The loss needs no such table: −Σ target · log p is (1 − ε) · nll + ε · uniform.

    Args:
        smoothing: share ε that is spread evenly.
        vocabulary: number of words K.

    Shapes:
        expected: batch token
        return: batch token vocabulary
    """
    return (1 - smoothing) * one_hot(expected, vocabulary) + smoothing / vocabulary
