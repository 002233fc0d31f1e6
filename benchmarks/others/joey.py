"""JoeyNMT, which reads everything again for every word it writes."""

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from benchmarks.theirs import Learner, Writer
from tracetf import Dimensions

MARKS = ("unk", "pad", "bos", "eos")  # JoeyNMT's words 0 to 3


def build(size: Dimensions) -> Any:
    """Return a model as JoeyNMT's configuration files describe it."""
    from joeynmt.model import build_model

    side = {
        "type": "transformer",
        "num_layers": size.layers,
        "num_heads": size.heads,
        "hidden_size": size.d_model,
        "ff_size": size.d_ff,
        "dropout": size.dropout,
        "layer_norm": "post",
        "embeddings": {"embedding_dim": size.d_model, "scale": True},
    }
    sides = {"encoder": side, "decoder": side, "tied_softmax": True}
    return build_model(sides, vocabulary(size.source_words), vocabulary(size.target_words))


def vocabulary(words: int) -> Any:
    """Return a vocabulary whose words are called by their numbers."""
    from joeynmt.vocabulary import Vocabulary

    tokens = {f"{mark}_token": mark for mark in MARKS}
    numbers = {f"{mark}_id": number for number, mark in enumerate(MARKS)}
    special = SimpleNamespace(**tokens, **numbers, sep_token=None, lang_tags=[])
    return Vocabulary([str(word) for word in range(len(MARKS), words)], special)


def read(model: Any, source: Tensor) -> dict[str, Tensor]:
    """Return source sentences as the model asks for them."""
    mask = source != model.pad_index
    return {"src": source, "src_mask": mask[:, None], "src_length": mask.sum(dim=1)}


def writer(size: Dimensions, source: Tensor, words: int) -> Writer:
    """Return a function that writes with JoeyNMT's own search."""
    from joeynmt.search import greedy

    model = build(size).eval()
    given = read(model, source)

    @torch.inference_mode()
    def write() -> Tensor:
        memory, state, *_ = model(return_type="encode", **given)
        written, *_ = greedy(given["src_mask"], words, model, memory, state, min_output_length=words)
        return written

    return write


def learner(size: Dimensions, smoothing: float) -> Learner:
    """Return a model to train, and JoeyNMT's own loss for each word."""
    model = build(size).train()
    model.loss_function = "crossentropy", smoothing

    def loss(source: Tensor, target: Tensor) -> Tensor:
        source, target = (
            side.masked_fill(side == size.padding, model.pad_index) for side in (source, target)
        )
        expected = target[:, 1:]
        counts = expected != model.pad_index
        pair = {"trg_input": target[:, :-1], "trg": expected, "trg_mask": counts[:, None]}
        of_all_words, *_ = model(return_type="loss", **read(model, source), **pair)
        return of_all_words / counts.sum()

    return model, loss
