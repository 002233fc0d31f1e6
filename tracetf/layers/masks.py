"""Who may look at whom. `True` means may look, here and everywhere: section 3.2.3 of the paper."""

import torch
from einops import rearrange
from torch import Tensor

from tracetf.taps import tap


def source_mask(source: Tensor, padding: int) -> Tensor:
    """Let every query look at every source word that is not padding.

    Args:
        padding: the id that fills up short sentences.

    Shapes:
        source: batch key
        return: batch 1 key

    Raises:
        ValueError: a sentence of nothing but padding, where a query could look at nothing.
    """
    source_mask = rearrange(source != padding, "batch key -> batch 1 key")
    tap(source_mask=source_mask)
    return refuse_blind(source_mask)


def target_mask(target: Tensor, padding: int, read: int = 0) -> Tensor:
    """Let every target word look at itself and the words before it, padding left out.

    Args:
        padding: the id that fills up short sentences.
        read: how many words were read before; only the later ones ask.

    Shapes:
        target: batch key
        return: batch query key

    Raises:
        ValueError: a sentence that begins with padding, where its first query could look at nothing.
    """
    word = torch.arange(target.shape[1], device=target.device)
    earlier = word <= word[read:, None]
    target_mask = earlier & (target != padding)[:, None]
    tap(target_mask=target_mask)
    # A later query sees what the first one sees, which was looked after when that was read.
    return target_mask if read else refuse_blind(target_mask)


def refuse_blind(mask: Tensor) -> Tensor:
    """Return the mask if every query may look at something; a softmax over nothing would be NaN.

    Shapes:
        mask: batch query key
        return: batch query key

    Raises:
        ValueError: a query that may look at nothing, named by sentence and row.
    """
    sees = mask.any(dim=-1)
    if torch.compiler.is_compiling():
        torch._assert_async(sees.all(), "a query may look at nothing; leave out empty sentences")
    elif not sees.all():
        sentence, query = (~sees).nonzero()[0].tolist()
        raise ValueError(
            f"query {query} of sentence {sentence} may look at nothing: every key is masked; "
            "leave out empty sentences, and pad on the right"
        )
    return mask
