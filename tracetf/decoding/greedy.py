"""The most probable word at each step."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from tracetf.decoding.unfinished import write
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.taps import tap


def greedy(
    model: EncoderDecoder,
    source: Tensor,
    *,
    start: int,
    end: int,
    longest: int | Sequence[int],
    cached: bool,
) -> Iterator[Tensor]:
    """Yield what is written so far, each step having added the most probable next word: section 3.1.

    Args:
        start: id of the mark that every target begins with.
        end: id of the mark that ends a target; behind it comes padding.
        longest: most words to write; one number for all, or one a sentence.
        cached: keep keys and values from word to word, instead of reading the whole prefix again.

    Shapes:
        source: batch token
        return: batch word
    """
    return write(
        model,
        source,
        lambda logits, sentences, step: likeliest(logits),
        start=start,
        end=end,
        longest=longest,
        cached=cached,
    )


def likeliest(logits: Tensor) -> Tensor:
    """Return the most probable word after the last row.

    Shapes:
        logits: batch token vocabulary
        return: batch
    """
    probabilities = torch.softmax(logits, dim=-1)
    choice = probabilities[:, -1].argmax(dim=-1)
    tap(probabilities=probabilities, choice=choice)
    return choice
