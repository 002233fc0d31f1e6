import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import islice
from types import ModuleType
from typing import Any

import pytest
import torch
from einops import parse_shape
from torch import Tensor, nn

import tracetf
from tracetf.data.grammar import Pair
from tracetf.data.grammar import pairs as said
from tracetf.data.pairs import TextPair
from tracetf.decoding import Strategy, beam, greedy, sample
from tracetf.decoding.beam import begin, extend, may_improve, penalty
from tracetf.decoding.greedy import likeliest
from tracetf.decoding.sampling import draw
from tracetf.decoding.unfinished import Unfinished, limits, write
from tracetf.dimensions import Dimensions, Seq2seqDimensions
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.experiments.length import forced, scored, targets
from tracetf.experiments.neighbours import norms, read_by_the_norm
from tracetf.layers.attention import MultiHeadAttention, project
from tracetf.layers.cache import Cache, Kept, LayerCache, behind
from tracetf.layers.dropout import Dropout, draws
from tracetf.layers.embedding import Embedding, Output
from tracetf.layers.feed_forward import FeedForward
from tracetf.layers.masks import refuse_blind, source_mask, target_mask
from tracetf.layers.norm import LayerNorm
from tracetf.layers.positions import Positions, sinusoid
from tracetf.layers.residual import Residual
from tracetf.recorder.keep import statistics
from tracetf.recurrent import (
    Bigram,
    GRUCell,
    LatentAutoregressive,
    LSTMCell,
    Recurrent,
    ResetBeforeGRUCell,
    RNNCell,
    State,
)
from tracetf.recurrent.attention import AdditiveScore, DotScore, GeneralScore, GlobalAttention
from tracetf.recurrent.cells import Cell
from tracetf.recurrent.language import Counts, NextWord, Surprisal
from tracetf.recurrent.seq2seq import (
    Bottleneck,
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2seq,
    StateCache,
)
from tracetf.recurrent.unrolled import Direction, Held, Initial, Layer, SideBySide, States, without_padding
from tracetf.training.batches import sentence_batches
from tracetf.training.clip import clip, length
from tracetf.training.distributed import Processes
from tracetf.training.loss import smoothed_loss, smoothed_target
from tracetf.training.step import gradients
from tracetf.transformer import (
    DecoderLayer,
    Encoder,
    EncoderLayer,
    PreNormDecoderLayer,
    PreNormEncoderLayer,
    Stack,
    Transformer,
)
from tracetf.translate import padded
from tracetf.whatifs import NoPositions, NoResidual, NoUpdate, UnmaskedDecoder

Call = tuple[Callable[..., Any], dict[str, Any]]
SENTENCES, SOURCE, TARGET = 2, 5, 3
GRUS = Seq2seqDimensions(11, 13, d_model=12, dropout=0)
SIZE = Dimensions(11, 13, d_model=12, heads=4, d_k=6, d_v=7, d_ff=9, layers=1, longest=16)
# Words for words: these run over the same ones where a layer looks at itself, and may be of one size.
OVER_WORDS = {"token", "query", "key", "source", "target", "unread", "new"}


def x(words: int = TARGET) -> Tensor:
    return torch.randn(SENTENCES, words, SIZE.d_model)


def ids(words: int) -> Tensor:
    return torch.randint(3, 11, (SENTENCES, words))


def allowed(queries: int, keys: int) -> Tensor:
    return torch.ones(SENTENCES, queries, keys, dtype=torch.bool)


def in_the_decoder() -> dict[str, Any]:
    return {
        "memory": x(SOURCE),
        "target_mask": allowed(TARGET, TARGET),
        "source_mask": allowed(1, SOURCE),
    }


def layer_of(kind: type[nn.Module]) -> Call:
    return kind(SIZE), {"x": x(), "cache": LayerCache(), **in_the_decoder()}


def extended() -> Call:
    """Extend a cache that already keeps two words by three."""
    kept = Kept()
    kept.extend(torch.zeros(SENTENCES, 4, 2, 6), torch.zeros(SENTENCES, 4, 2, 7))
    return kept.extend, {"K": torch.zeros(SENTENCES, 4, 3, 6), "V": torch.zeros(SENTENCES, 4, 3, 7)}


def kept() -> Call:
    extend, given = extended()
    extend(**given)
    return lambda **_: None, vars(extend.__self__)


def decoded(method: str) -> Call:
    model = Transformer(SIZE)
    cache, memory, mask = model.cache(), x(SOURCE), allowed(1, SOURCE)
    model.decode(ids(2), memory, mask, cache)
    return getattr(model, method), {"target": ids(TARGET), "memory": memory, "mask": mask, "cache": cache}


def unread_by(model: EncoderDecoder) -> Call:
    given = {"target": ids(TARGET), "unread": ids(TARGET), "memory": x(SOURCE), "mask": allowed(1, SOURCE)}
    return model.unread_vectors, {**given, "cache": model.cache()}


def writing(way: Callable[..., Any], *more: Any, **choosing: Any) -> Callable[[], Call]:
    """Return a call of a way to decode, and of its first step."""
    options = {"start": 1, "end": 2, "longest": 3, "cached": False, **choosing}
    return lambda: (
        lambda source: next(way(Transformer(SIZE), source, *more, **options)),
        {"source": ids(SOURCE)},
    )


def unfinished() -> Unfinished:
    return Unfinished(Transformer(SIZE), ids(SOURCE), start=1, cached=False)


def extended_beams() -> Call:
    rule = {"width": 5, "length_penalty": 0.6, "end": 2, "padding": 0}
    return partial(extend, begin(SENTENCES, 3, torch.device("cpu")), **rule), {
        "logits": torch.randn(6, 4, 13)
    }


def batched() -> Call:
    return lambda **_: None, next(sentence_batches([([5, 6], [7, 8, 9])] * 3, 3, seed=0))._asdict()


def clipped() -> Call:
    weight = nn.Parameter(torch.ones(2))
    weight.sum().backward()
    return clip, {"parameters": {"weight": weight}}


def state() -> State:
    return State(torch.randn(SENTENCES, 1, 7), torch.randn(SENTENCES, 1, 7))


def celled(kind: type[Cell]) -> Callable[[], Call]:
    return lambda: (kind(12, 7), {"x": x(), "time": -1, "before": state()})


def recalled(kind: type[ResetBeforeGRUCell]) -> Callable[[], Call]:
    return lambda: (
        kind(12, 7).recall,
        {"reset_gate": torch.rand(SENTENCES, 1, 7), "h": torch.randn(SENTENCES, 1, 7)},
    )


def looking(part: nn.Module, **more: Tensor) -> Callable[[], Call]:
    return lambda: (part, {"x": x(), "memory": x(SOURCE), **more})


def gone_on() -> Call:
    cache = StateCache()
    cache.state = State(torch.randn(SENTENCES, 1, 7))
    return cache.select, {"rows": torch.tensor([1, 1, 0])}


def unrolled(part: nn.Module, before: Any) -> Callable[[], Call]:
    return lambda: (
        lambda x, mask: part(x, mask, before)[0],
        {"x": x(), "mask": allowed(1, TARGET)},
    )


CALLS: dict[str, Callable[..., Call]] = {
    "greedy": writing(greedy),
    "sample": writing(sample, seeds=[[1], [2]]),
    "beam": writing(beam, width=2),
    "Strategy.write": writing(Strategy(beam=2).write, [1, 2]),
    "write": writing(write, lambda logits, sentences, step: logits[:, -1].argmax(dim=-1)),
    "limits": lambda: (partial(limits, 7), {"source": ids(SOURCE)}),
    "Unfinished": lambda: (lambda **_: None, vars(unfinished())),
    "Unfinished.logits": lambda: (unfinished().logits, {}),
    "Unfinished.append": lambda: (unfinished().append, {"words": torch.tensor([5, 6])}),
    "Unfinished.select": lambda: (unfinished().select, {"rows": torch.tensor([1, 1, 0])}),
    "Unfinished.exchange": lambda: (unfinished().exchange, {"rows": torch.tensor([1, 0])}),
    "draw": lambda: (
        partial(draw, temperature=1, top_k=4, top_p=1),
        {"logits": torch.randn(SENTENCES, TARGET, 13), "uniform": torch.rand(SENTENCES)},
    ),
    "Hypotheses": lambda: (lambda **_: None, begin(SENTENCES, 3, torch.device("cpu"))._asdict()),
    "begin": lambda: (begin, {"sentences": SENTENCES, "beams": 3, "device": torch.device("cpu")}),
    "extend": extended_beams,
    "penalty": lambda: (penalty, {"lengths": torch.ones(SENTENCES, 3), "length_penalty": 1.0}),
    "may_improve": lambda: (
        partial(may_improve, begin(SENTENCES, 3, torch.device("cpu")), 0.6),
        {"most": torch.tensor([4, 5])},
    ),
    "likeliest": lambda: (likeliest, {"logits": torch.randn(SENTENCES, TARGET, 13)}),
    "MultiHeadAttention.forward": lambda: (
        MultiHeadAttention(12, 4, 6, 7),
        {"x": x(TARGET), "memory": x(SOURCE), "mask": allowed(TARGET, SOURCE)},
    ),
    "project": lambda: (project, {"x": x(), "W": torch.randn(4, 12, 6)}),
    "Cache.select": lambda: (Cache(1).select, {"rows": torch.tensor([1, 0])}),
    "Cache.exchange": lambda: (Cache(1).exchange, {"rows": torch.tensor([1, 0])}),
    "behind": lambda: (
        partial(behind, block=None),
        {"kept": torch.randn(SENTENCES, 4, 2, 6), "new": torch.randn(SENTENCES, 4, 3, 6)},
    ),
    "Kept": kept,
    "Kept.again": lambda: (extended()[0].__self__.again, {}),
    "Kept.extend": extended,
    "Dropout.forward": lambda: (Dropout(0.5), {"x": x()}),
    "draws": lambda: (draws, {"x": x()}),
    "Embedding.forward": lambda: (Embedding(11, 12), {"tokens": ids(SOURCE)}),
    "Output.forward": lambda: (Output(nn.Parameter(torch.randn(13, 12))), {"x": x()}),
    "FeedForward.forward": lambda: (FeedForward(12, 9), {"x": x()}),
    "source_mask": lambda: (source_mask, {"source": ids(SOURCE), "padding": 0}),
    "target_mask": lambda: (target_mask, {"target": ids(TARGET), "padding": 0}),
    "refuse_blind": lambda: (refuse_blind, {"mask": allowed(TARGET, SOURCE)}),
    "LayerNorm.forward": lambda: (LayerNorm(12, 1e-5), {"x": x()}),
    "statistics": lambda: (statistics, {"value": x()}),
    "sinusoid": lambda: (sinusoid, {"length": 16, "d_model": 12}),
    "Positions.forward": lambda: (Positions(16, 12), {"x": x(), "start": 2}),
    "Residual.forward": lambda: (Residual(0.5), {"x": x(), "update": x()}),
    "EncoderLayer.forward": lambda: (EncoderLayer(SIZE), {"x": x(SOURCE), "mask": allowed(1, SOURCE)}),
    "PreNormEncoderLayer.forward": lambda: (
        PreNormEncoderLayer(SIZE),
        {"x": x(SOURCE), "mask": allowed(SOURCE, SOURCE)},
    ),
    "DecoderLayer.forward": lambda: layer_of(DecoderLayer),
    "PreNormDecoderLayer.forward": lambda: layer_of(PreNormDecoderLayer),
    "Stack.embed": lambda: (Stack(SIZE, 11).embed, {"tokens": ids(TARGET), "start": 4}),
    "Encoder.forward": lambda: (Encoder(SIZE), {"source": ids(SOURCE), "mask": allowed(1, SOURCE)}),
    "Decoder.forward": lambda: (
        (model := Transformer(SIZE)).decoder,
        {"target": ids(TARGET), "cache": model.cache(), **in_the_decoder()},
    ),
    "NoPositions.forward": lambda: (NoPositions(), {"x": x(), "start": 2}),
    "NoResidual.forward": lambda: (NoResidual(0.5), {"x": x(), "update": x()}),
    "NoUpdate.forward": lambda: (NoUpdate(), {"x": x(), "update": x()}),
    "UnmaskedDecoder.forward": lambda: (
        UnmaskedDecoder(SIZE),
        {"target": ids(TARGET), "cache": Cache(1), **in_the_decoder()},
    ),
    "EncoderDecoder.forward": lambda: (Transformer(SIZE), {"source": ids(SOURCE), "target": ids(TARGET)}),
    "EncoderDecoder.encode": lambda: (Transformer(SIZE).encode, {"source": ids(SOURCE)}),
    "EncoderDecoder.decode": lambda: decoded("decode"),
    "EncoderDecoder.vectors": lambda: decoded("vectors"),
    "EncoderDecoder.unread_vectors": lambda: unread_by(Transformer(SIZE)),
    "Transformer.unread_vectors": lambda: unread_by(Transformer(SIZE)),
    "Seq2seq.unread_vectors": lambda: unread_by(Seq2seq(GRUS)),
    "State": lambda: (lambda **_: None, vars(state())),
    "Cell.begin": lambda: (RNNCell(12, 7).begin, {"zeros": torch.zeros(SENTENCES, 1, 7)}),
    "LSTMCell.begin": lambda: (LSTMCell(12, 7).begin, {"zeros": torch.zeros(SENTENCES, 1, 7)}),
    "RNNCell.forward": celled(RNNCell),
    "LSTMCell.forward": celled(LSTMCell),
    "ResetBeforeGRUCell.forward": celled(ResetBeforeGRUCell),
    "ResetBeforeGRUCell.recall": recalled(ResetBeforeGRUCell),
    "GRUCell.recall": recalled(GRUCell),
    "Initial.forward": lambda: (Initial(7), {"x": x()}),
    "Held.forward": lambda: (
        Held(),
        {"new": state(), "before": state(), "mask": allowed(1, TARGET), "time": -1},
    ),
    "States.forward": lambda: (States(), {"states": (torch.randn(SENTENCES, 1, 7),) * TARGET}),
    "SideBySide.forward": lambda: (
        SideBySide(),
        {
            "forwards": torch.randn(SENTENCES, TARGET, 7),
            "backwards": torch.randn(SENTENCES, TARGET, 7),
        },
    ),
    "Direction.forward": unrolled(Direction(GRUCell, 12, 7, reverse=True), None),
    "Layer.forward": unrolled(Layer(GRUCell, 12, 7, bidirectional=True), [None, None]),
    "Recurrent.forward": unrolled(Recurrent(LSTMCell, 12, 7, layers=2), [state(), state()]),
    "DotScore.forward": looking(DotScore(12)),
    "GeneralScore.forward": looking(GeneralScore(12)),
    "AdditiveScore.forward": looking(AdditiveScore(12)),
    "GlobalAttention.forward": looking(GlobalAttention(12, "dot"), mask=allowed(1, SOURCE)),
    "StateCache.select": gone_on,
    "Bottleneck.forward": lambda: (Bottleneck(), {"memory": x(SOURCE)}),
    "RecurrentEncoder.forward": lambda: (
        RecurrentEncoder(GRUS, 11),
        {"source": ids(SOURCE), "mask": allowed(1, SOURCE)},
    ),
    "RecurrentDecoder.forward": lambda: (
        RecurrentDecoder(GRUS),
        {"target": ids(TARGET), "memory": x(SOURCE), "mask": allowed(1, SOURCE), "cache": StateCache()},
    ),
    "without_padding": lambda: (without_padding, {"mask": allowed(1, TARGET)}),
    "smoothed_loss": lambda: (
        partial(smoothed_loss, smoothing=0.1, padding=0, words=6),
        {"logits": torch.randn(SENTENCES, TARGET, 13), "expected": ids(TARGET)},
    ),
    "smoothed_target": lambda: (
        partial(smoothed_target, smoothing=0.1, vocabulary=13),
        {"expected": ids(TARGET)},
    ),
    "gradients": lambda: (
        partial(gradients, Transformer(SIZE), smoothing=0.1, words=4),
        {"source": ids(SOURCE), "target": ids(TARGET)},
    ),
    "clip": clipped,
    "length": lambda: (length, {"numbers": x()}),
    "Pupil.step": lambda pupil: (pupil().step, {}),
    "Translator.pair": lambda translator: (lambda: translator.pair("I am a student.", "나"), {}),
    "Batch": batched,
    "Processes.share": lambda: (Processes(1, 2).share, {"rows": ids(SOURCE)}),
    "Surprisal.forward": lambda: (
        Surprisal(padding=0),
        {"probabilities": torch.rand(SENTENCES, TARGET, 13), "expected": ids(TARGET)},
    ),
    "Autoregressive.forward": lambda: (Bigram(13), {"target": ids(TARGET)}),
    "Autoregressive.nll": lambda: (LatentAutoregressive(13, 12).nll, {"sentences": ids(SOURCE)}),
    "Bigram.forward": lambda: (Bigram(13), {"target": ids(TARGET)}),
    "Bigram.learn": lambda: (Bigram(13).learn, {"sentences": ids(TARGET)}),
    "Counts.forward": lambda: (Counts(13, 1), {"tokens": ids(TARGET)}),
    "NextWord.forward": lambda: (NextWord(), {"logits": torch.randn(SENTENCES, TARGET, 13)}),
    "LatentAutoregressive.forward": lambda: (LatentAutoregressive(13, 12), {"target": ids(TARGET)}),
    "scored": lambda pairs: (
        partial(scored, pairs, [TextPair("", "")] * len(pairs), [""] * len(pairs)),
        {"nll": torch.rand(len(pairs), 9)},
    ),
    "forced": lambda translator, pairs: (partial(forced, translator, pairs), {}),
    "targets": lambda translator, pairs: (partial(targets, translator, pairs), {}),
    "read_by_the_norm": lambda: (partial(read_by_the_norm, tracetf.load(), ["I go home."] * 2), {}),
    "norms": lambda: (norms, {"seen": x()}),
    "padded": lambda: (padded, {"sentences": [[1, 2, 3], [1]], "padding": 0}),
}


@pytest.fixture
def pairs() -> list[Pair]:
    return list(islice(said("nano"), 3))


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(tracetf.__path__, "tracetf."):
        if not info.name.endswith("__main__"):
            yield import_module(info.name)


def documented() -> Iterator[Any]:
    """Walk over every function, class and method of the package."""
    for module in modules():
        for one in vars(module).values():
            if getattr(one, "__module__", None) == module.__name__ and hasattr(one, "__qualname__"):
                parts = [getattr(part, "__func__", part) for part in vars(one).values()]
                yield from (part for part in (one, *parts) if hasattr(part, "__qualname__"))


def blocks() -> dict[str, dict[str, str]]:
    """Return the `Shapes:` block of everything that has one: axes by name."""
    found = {}
    for one in documented():
        block = re.search(r"^Shapes:\n((?: +.*\n?)+)", inspect.getdoc(one) or "", re.MULTILINE)
        if block:
            lines = [line.partition(":") for line in block[1].splitlines()]
            found[one.__qualname__] = {name.strip(): axes.strip() for name, _, axes in lines}
    return found


BLOCKS = blocks()


def test_every_block_has_a_call_and_every_call_a_block() -> None:
    assert BLOCKS.keys() == CALLS.keys()


def test_no_block_is_overlooked() -> None:
    written = sum(len(re.findall(r"^ +Shapes:$", inspect.getsource(module), re.M)) for module in modules())
    inherited = {"PreNormEncoderLayer.forward", "PreNormDecoderLayer.forward"}
    inherited |= {"Transformer.unread_vectors", "Seq2seq.unread_vectors"}
    inherited |= {"Bigram.forward", "LatentAutoregressive.forward"}
    assert len(BLOCKS.keys() - inherited) == written


def test_every_layer_declares_its_shapes() -> None:
    layers = [one for one in documented() if inspect.isclass(one) and issubclass(one, nn.Module)]
    assert {f"{layer.__name__}.forward" for layer in layers if "forward" in vars(layer)} <= BLOCKS.keys()


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_says_the_shapes_that_are(name: str, request: pytest.FixtureRequest) -> None:
    make, shapes = CALLS[name], dict(BLOCKS[name])
    function, given = make(*map(request.getfixturevalue, inspect.signature(make).parameters))
    returned = shapes.pop("return", None)
    checked = [(given[argument], axes) for argument, axes in shapes.items()]
    output = function(**given)
    if returned is not None:
        outputs = output if isinstance(output, tuple) else (output,)
        checked += zip(outputs, returned.split(", "), strict=True)
    sizes: dict[str, int] = {}
    for tensor, axes in checked:
        assert tensor.ndim == len(axes.split())
        for word, size in (parse_shape(tensor, axes) if axes else {}).items():
            assert sizes.setdefault(word, size) == size, f"{word} is {sizes[word]} and {size} in {name}"
    alike = [size for word, size in sizes.items() if word not in OVER_WORDS]
    assert len(set(alike)) == len(alike), f"{name} was called with sizes too much alike: {sizes}"
