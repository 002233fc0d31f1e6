"""One run of every kind, recorded: together they hold every step."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tracetf.data.vocabulary import END, START
from tracetf.decoding import beam, greedy, sample
from tracetf.dimensions import Dimensions, Seq2seqDimensions
from tracetf.layers.embedding import Embedding
from tracetf.layers.masks import source_mask
from tracetf.recorder import record
from tracetf.recurrent import (
    Bigram,
    GRUCell,
    LatentAutoregressive,
    LSTMCell,
    Recurrent,
    ResetBeforeGRUCell,
    RNNCell,
)
from tracetf.recurrent.language import Autoregressive
from tracetf.recurrent.seq2seq import Seq2seq
from tracetf.taps import tap
from tracetf.trace import Trace
from tracetf.training.watched import Pupil
from tracetf.transformer import Transformer
from tracetf.translate import Translator
from tracetf.whatifs import without

# No two sizes alike, and d_k ≠ d_v ≠ d_model / heads: a mix-up of axes cannot go unseen.
SIZE = Dimensions(
    source_words=11, target_words=13, d_model=12, heads=3, d_k=5, d_v=2, d_ff=7, layers=2, longest=16
)


def stirred(module: nn.Module) -> nn.Module:
    """Move every weight off its first value, so that a forgotten bias or γ is seen."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return module


class Reader(nn.Module):
    """Read a sentence with recurrent cells."""

    def __init__(self, *how: Any, **more: Any) -> None:
        super().__init__()
        self.padding = 0
        self.embedding = Embedding(11, 6)
        self.encoder = Recurrent(*how, **more)

    def forward(self, source: Tensor) -> Tensor:
        tap(source=source)
        outputs, _ = self.encoder(self.embedding(source), source_mask(source, self.padding))
        return outputs


@pytest.fixture(scope="session")
def runs(
    build: Callable[..., Transformer],
    translator: Translator,
    pupil: Callable[..., Pupil],
    source: Tensor,
    target: Tensor,
) -> dict[str, Trace]:
    """Return one trace of every kind of run; together they hold every step."""

    def forward(*left_out: str, **changes: Any) -> Trace:
        model = without(build(**changes), *left_out)
        with torch.random.fork_rng(), record(model) as trace:
            model(source, target)
        return trace

    def decoded(cached: bool, way: Any = greedy, end: int = END, how: Any = None, **changes: Any) -> Trace:
        with record(model := build(seed=5, **changes)) as trace:
            list(way(model, source, start=START, end=end, longest=4, cached=cached, **(how or {})))
        return trace

    def read(*how: Any, **more: Any) -> Trace:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = stirred(Reader(*how, **more))
        with record(model) as trace:
            model(source)
        return trace

    def handed_over(attention: str, cached: bool) -> Trace:
        with torch.random.fork_rng():
            torch.manual_seed(5)
            model = stirred(Seq2seq(Seq2seqDimensions(11, 13, d_model=6, attention=attention))).eval()
        with record(model) as trace:
            list(greedy(model, source, start=START, end=END, longest=(2, 4), cached=cached))
        return trace

    def surprised(model: Autoregressive) -> Trace:
        with record(model) as trace:
            model.nll(target)
        return trace

    counted = Bigram(13, added=0.5)
    counted.learn(target)
    drawn = {"temperature": 2, "top_k": 9, "top_p": 0.9, "seeds": [(0, 1), (0, 2)]}

    with record(translator) as forced:
        translator.force("I am a student.", "나는 학생이다.")
    learner = pupil()
    with record(learner.model) as learned:
        learner.step()
    return {
        "eval": forward(),
        "train": forward(train=True, dropout=0.1),
        "pre-norm": forward(norm="pre"),
        "pre-norm, train": forward(norm="pre", train=True, dropout=0.1),
        "no positions, no mask": forward("positions", "mask"),
        "odd d_model": forward(d_model=9, d_k=4, d_v=2),
        "cached": decoded(cached=True),
        "uncached": decoded(cached=False),
        "cached, pre-norm": decoded(cached=True, norm="pre"),
        "sentences that leave": decoded(cached=False, end=11),
        "drawn": decoded(cached=True, way=sample, how=drawn),
        "beam": decoded(cached=False, way=beam, end=8, how={"width": 3}),
        "cached beam": decoded(cached=True, way=beam, end=8, how={"width": 3}),
        "forced": forced,
        "learned": learned,
        "rnn": read(RNNCell, 6, 4),
        "lstm": read(LSTMCell, 6, 4, layers=2, bidirectional=True),
        "gru": read(GRUCell, 6, 4, bidirectional=True),
        "seq2seq": handed_over("none", cached=True),
        "seq2seq, dot": handed_over("dot", cached=False),
        "seq2seq, general": handed_over("general", cached=False),
        "seq2seq, additive": handed_over("additive", cached=True),
        "gru, reset before": read(ResetBeforeGRUCell, 6, 4, layers=2),
        "bigram": surprised(counted),
        "latent autoregressive": surprised(LatentAutoregressive(13, 6)),
    }
