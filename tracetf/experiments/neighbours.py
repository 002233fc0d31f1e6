"""What becomes of a sentence when another one in its batch changes: batch norm against layer norm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tracetf.layers.norm import LayerNorm
from tracetf.recorder import record
from tracetf.shipped import load
from tracetf.translate import Translator

READ_BY_THE_FIRST_NORM = "encoder.layers.0.self_attention_residual.added"

Norm = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Neighbours:
    """Hold how far a sentence's numbers move behind each norm when its neighbour is exchanged.

    Args:
        sentence: the one that stays.
        one: its neighbour.
        other: the neighbour that comes instead.
        moved: by norm, the largest |Δ| of the sentence's numbers; 0 when every bit is the same.
    """

    sentence: str
    one: str
    other: str
    moved: Mapping[str, float]


@torch.inference_mode()
def measure(
    sentence: str = "the poet likes an actor.",
    one: str = "I drink coffee every day.",
    other: str = "do you eat an apple?",
) -> Neighbours:
    """Normalise what the shipped model's first norm reads, in two batches that have a sentence in common.

    Raises:
        ValueError: sentences of different lengths, for padding would be averaged over as well.
    """
    model = load()
    words = [len(model.read(text)) for text in (sentence, one, other)]
    if len(set(words)) > 1:
        raise ValueError(
            f"the sentences have {words[0]}, {words[1]} and {words[2]} words; give three of one length, "
            "for a batch norm would average over padding as well"
        )
    first, second = (read_by_the_norm(model, [sentence, neighbour]) for neighbour in (one, other))
    moved = {name: (norm(first) - norm(second))[0].abs().max().item() for name, norm in norms(first).items()}
    return Neighbours(sentence, one, other, moved)


def read_by_the_norm(model: Translator, sentences: list[str]) -> Tensor:
    """Return what the first norm of the encoder reads of a batch.

    Shapes:
        return: batch token d_model
    """
    source = torch.tensor([model.source.encode(model.read(sentence)) for sentence in sentences])
    with record(model, only=READ_BY_THE_FIRST_NORM, parameters=False) as trace:
        model.encode(source)
    return torch.from_numpy(trace[READ_BY_THE_FIRST_NORM].value)


def norms(seen: Tensor) -> dict[str, Norm]:
    """Return each norm as it begins, with γ = 1 and β = 0; batch norm also as it is after training.

    Args:
        seen: the batch whose mean and variance batch norm keeps for afterwards.

    Shapes:
        seen: batch token d_model
    """
    d_model = seen.shape[-1]
    learning, learned = nn.BatchNorm1d(d_model), nn.BatchNorm1d(d_model)
    learned(seen.mT)
    learned.eval()
    return {
        "LayerNorm": LayerNorm(d_model, 1e-5),
        "BatchNorm, training": lambda x: learning(x.mT).mT,
        "BatchNorm, evaluating": lambda x: learned(x.mT).mT,
    }
