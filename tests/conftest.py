"""What the tests share: small models, a batch with padding, runs already recorded, ways to plant a fault."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings
from torch import Tensor, nn

from tracetf import taps
from tracetf.data.tokens import EnglishWords, KoreanPieces
from tracetf.data.vocabulary import END, START, Vocabulary
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
from tracetf.taps import phase, tap
from tracetf.trace import Event, Trace
from tracetf.training.watched import Pupil
from tracetf.transformer import Transformer
from tracetf.translate import Translator
from tracetf.translators import untrained
from tracetf.whatifs import without

torch.set_num_threads(1)
settings.register_profile("tracetf", deadline=None, max_examples=30, derandomize=True, database=None)
settings.load_profile("tracetf")

# No two sizes alike, and d_k ≠ d_v ≠ d_model / heads: a mix-up of axes cannot go unseen.
SIZE = Dimensions(
    source_words=11, target_words=13, d_model=12, heads=3, d_k=5, d_v=2, d_ff=7, layers=2, longest=16
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
Planter = Callable[[Trace, Event, Any], Trace]


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the end what needs a browser: its driver keeps an event loop, and others start their own."""
    items.sort(key=lambda item: "chromium" in getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def _same_chance() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def size() -> Dimensions:
    return SIZE


@pytest.fixture(scope="session")
def stir() -> Callable[[nn.Module], nn.Module]:
    return stirred


@pytest.fixture(scope="session")
def build() -> Callable[..., Transformer]:
    """Return a function that makes the same small model again and again."""

    def build(train: bool = False, seed: int = 0, **changes: Any) -> Transformer:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return stirred(Transformer(replace(SIZE, **changes))).train(train)

    return build


@pytest.fixture
def model(build: Callable[..., Transformer]) -> Transformer:
    return build()


@pytest.fixture(scope="session")
def source() -> Tensor:
    return torch.tensor([[4, 5, 6, 7, 8], [9, 10, 3, 0, 0]])


@pytest.fixture(scope="session")
def target() -> Tensor:
    return torch.tensor([[1, 5, 6, 7], [1, 8, 12, 0]])


@pytest.fixture
def watched() -> Callable[..., dict[str, str]]:
    """Return a function that runs a layer as the module `room` and says which steps it showed, with axes."""

    def watched(room: str, layer: nn.Module, *arguments: Any) -> dict[str, str]:
        with record(nn.ModuleDict({room: layer})) as trace:
            layer(*arguments)
        return {event.path: " ".join(event.axes) for event in trace}

    return watched


@pytest.fixture
def seen() -> Callable[..., dict[str, Tensor]]:
    """Return a function that runs a layer and gives what it showed, by step."""

    def seen(layer: nn.Module, *arguments: Any) -> dict[str, Tensor]:
        with record(layer) as trace:
            layer(*arguments)
        return {event.path: torch.from_numpy(event.value) for event in trace}

    return seen


def left(model: nn.Module) -> int:
    hooks = [len(one._forward_pre_hooks) + len(one._forward_hooks) for one in model.modules()]
    return sum(hooks) + taps._open


@pytest.fixture(scope="session")
def left_behind() -> Callable[[nn.Module], int]:
    """Return a function that counts the hooks still on a model, and the watchers still open."""
    return left


def everything(trace: Trace) -> list[tuple[Any, ...]]:
    return [(event.phase, event.path, event.value.shape, event.value.tobytes()) for event in trace]


@pytest.fixture(scope="session")
def content() -> Callable[[Trace], list[tuple[Any, ...]]]:
    """Return a function that lists what a trace holds, to the bit."""
    return everything


@pytest.fixture(scope="session")
def solo() -> Callable[..., list[tuple[Any, ...]]]:
    """Return a function that records one run, in a phase of its own name, and lists what it holds."""

    def solo(
        model: nn.Module, source: Tensor, target: Tensor, name: str = "forward"
    ) -> list[tuple[Any, ...]]:
        with record(model) as trace, phase(name):
            model(source, target)
        return everything(trace)

    return solo


@pytest.fixture(scope="session")
def translator() -> Translator:
    english = Vocabulary.from_sentences([["i", "am", "a", "student", "you", "are", "teacher", "."]])
    korean = Vocabulary.from_sentences([["나", "##는", "학생", "##이다", "너", "선생님", "."]])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        size = replace(SIZE, source_words=len(english), target_words=len(korean))
        return stirred(untrained(size, EnglishWords(english), KoreanPieces(korean))).eval()


@pytest.fixture(scope="session")
def pupil(translator: Translator) -> Callable[..., Pupil]:
    """Return a function that makes a small model which is to learn one pair, the same each time."""

    def pupil(sentence: str = "I am a student.", target: str = "나는 학생이다.", **changes: Any) -> Pupil:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            size = replace(translator.dimensions, **{"layers": 1, "dropout": 0.1, **changes})
            return Pupil(stirred(untrained(size, translator.reader, translator.writer)), sentence, target)

    return pupil


@pytest.fixture(scope="session")
def reader() -> Callable[..., nn.Module]:
    """Return a function that makes a small model of recurrent cells."""
    return lambda *how, **more: stirred(Reader(*how, **more))


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


@pytest.fixture(scope="session")
def planted() -> Planter:
    """Return a function that copies a trace with one event's value replaced."""

    def planted(trace: Trace, event: Event, value: Any) -> Trace:
        copy = Trace(trace.parameters, trace.constants, trace.dimensions, trace.vocabularies)
        for one in trace:
            copy.append(replace(one, value=np.asarray(value)) if one is event else one)
        return copy

    return planted


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing = "no browser: install chromium to run the tests of pages"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()
