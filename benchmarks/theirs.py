"""The same sizes in `torch.nn.Transformer`, with what it leaves to its user: words, positions, output."""

from collections.abc import Callable, Iterable, Sized
from math import sqrt

import torch
from torch import Tensor, nn

from tracetf import Dimensions
from tracetf.layers.positions import sinusoid

Model = Callable[[Tensor, Tensor], Tensor]
Writer = Callable[[], Iterable[Sized]]
Learner = tuple[nn.Module, Model]


class Theirs(nn.Module):
    """Surround `torch.nn.Transformer` by embeddings, positions and a tied output layer.

    Args:
        size: how large to make it.
    """

    positions: Tensor

    def __init__(self, size: Dimensions) -> None:
        super().__init__()
        self.size = size
        self.source = nn.Embedding(size.source_words, size.d_model)
        self.target = nn.Embedding(size.target_words, size.d_model)
        for embedding in (self.source, self.target):
            nn.init.normal_(embedding.weight, std=1 / sqrt(size.d_model))
        self.dropout = nn.Dropout(size.dropout)
        self.register_buffer("positions", sinusoid(size.longest, size.d_model))
        self.transformer = nn.Transformer(
            size.d_model,
            size.heads,
            size.layers,
            size.layers,
            size.d_ff,
            size.dropout,
            batch_first=True,
        )
        self.output = nn.Linear(size.d_model, size.target_words, bias=False)
        self.output.weight = self.target.weight

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return at each target word the logits of the word after it."""
        padding = source == self.size.padding
        later = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        x = self.transformer(
            self.embed(self.source, source),
            self.embed(self.target, target),
            tgt_mask=later,
            src_key_padding_mask=padding,
            tgt_key_padding_mask=target == self.size.padding,
            memory_key_padding_mask=padding,
            tgt_is_causal=True,
        )
        return self.output(x)

    def embed(self, embedding: nn.Embedding, tokens: Tensor) -> Tensor:
        """Return the vectors of words at their places."""
        vectors = embedding(tokens) * sqrt(self.size.d_model)
        return self.dropout(vectors + self.positions[: tokens.shape[1]])


def learner(size: Dimensions, smoothing: float) -> Learner:
    """Return a model to train, and its loss."""
    model = Theirs(size).train()
    return model, judged(model, smoothing)


def judged(model: Model, smoothing: float) -> Model:
    """Return the loss of a batch for a model whose logits are given."""
    judge = nn.CrossEntropyLoss(ignore_index=0, label_smoothing=smoothing)
    return lambda source, target: judge(model(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten())
