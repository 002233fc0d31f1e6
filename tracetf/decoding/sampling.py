"""A word drawn at each step, in proportion to its probability."""

from collections.abc import Iterator, Sequence
from math import inf

import numpy as np
import torch
from torch import Tensor

from tracetf.decoding.unfinished import limits, write
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.taps import place, tap


def sample(
    model: EncoderDecoder,
    source: Tensor,
    *,
    start: int,
    end: int,
    longest: int | Sequence[int],
    cached: bool,
    temperature: float = 1,
    top_k: float = inf,
    top_p: float = 1,
    seeds: Sequence[Sequence[int]],
) -> Iterator[Tensor]:
    """Yield what is written so far, each step having drawn a word: Holtzman et al. 2020.

    Args:
        start: id of the mark that every target begins with.
        end: id of the mark that ends a target; behind it comes padding.
        longest: most words to write; one number for all, or one a sentence.
        cached: keep keys and values from word to word, instead of reading the whole prefix again.
        temperature: what logits are divided by; below 1 the probable words become more so.
        top_k: how many of the most probable words may be drawn.
        top_p: the most probable words may be drawn until they have this much of the probability together.
        seeds: one a sentence, of one or more numbers; its draws depend on its own seed alone, whatever other
            sentences stand in the batch.

    Shapes:
        source: batch token
        return: batch word
    """
    most = int(limits(longest, source).max())
    draws = torch.tensor(np.stack([np.random.default_rng(seed).random(most) for seed in seeds]))
    draws = draws.to(source.device)
    return write(
        model,
        source,
        lambda logits, sentences, step: draw(logits, draws[sentences, step], temperature, top_k, top_p),
        start=start,
        end=end,
        longest=longest,
        cached=cached,
    )


def draw(logits: Tensor, uniform: Tensor, temperature: float, top_k: float, top_p: float) -> Tensor:
    """Return a word drawn from what the last row predicts, for a given number between 0 and 1 each.

    The words stand side by side on a line from 0 to 1, each as long as it is probable; the number points at
    one of them. Of equally probable words the first counts as the more probable.

    Shapes:
        logits: batch token vocabulary
        uniform: batch
        return: batch
    """
    with place("sampling", logits=logits, temperature=temperature, top_k=top_k, top_p=top_p):
        tempered = torch.softmax(logits[:, -1] / temperature, dim=-1)
        descending, order = tempered.double().sort(dim=-1, descending=True, stable=True)
        rank = torch.arange(order.shape[-1], device=order.device)
        up_to = descending.cumsum(dim=-1)
        in_front = (rank < top_k) & (up_to - descending < top_p * up_to[:, -1:])
        kept = torch.zeros_like(in_front).scatter(-1, order, in_front)
        candidates = tempered * kept
        reach = candidates.double().cumsum(dim=-1)
        aim = uniform[:, None] * reach[:, -1:]
        choice = torch.searchsorted(reach, aim, right=True)[:, 0]
        tap(tempered=tempered, kept=kept, candidates=candidates, uniform=uniform, choice=choice)
    return choice
