"""From a source sentence to a target sentence, word by word: section 3.1 of the paper."""

from collections.abc import Iterator

import torch
from torch import Tensor

from tracetf.taps import phase, tap
from tracetf.transformer import Transformer


def greedy(
    model: Transformer, source: Tensor, *, start: int, end: int, longest: int, cached: bool
) -> Iterator[Tensor]:
    """Yield, step by step, the most probable next word of every sentence, until all have ended: section 3.1.

    Without a cache the decoder reads the whole of what is written again at each step, as in the paper.
    With one it reads the last word only and keeps the keys and values of the earlier ones; the words come
    out the same.

    Args:
        start: id of the mark that every target begins with.
        end: id of the mark that ends a target; a sentence that has ended goes on as padding.
        longest: most words to write.

    Shapes:
        source: batch token
        return: batch
    """
    with phase("encode"):
        memory, mask = model.encode(source)
    target = source.new_full((len(source), 1), start)
    cache = model.cache() if cached else None
    ended = torch.zeros(len(source), dtype=torch.bool, device=source.device)
    for word in range(1, longest + 1):
        with phase(f"decode {word}"):
            choice = likeliest(model.decode(target, memory, mask, cache))
        choice = choice.masked_fill(ended, model.padding)
        yield choice
        ended = ended | (choice == end)
        if ended.all():
            return
        target = torch.cat([target, choice[:, None]], dim=1)


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
