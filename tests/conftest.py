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

from tests.runs import SIZE, Reader, stirred
from tests.runs import runs as runs
from tracetf import taps
from tracetf.data.tokens import EnglishWords, KoreanPieces
from tracetf.data.vocabulary import Vocabulary
from tracetf.dimensions import Dimensions
from tracetf.recorder import record
from tracetf.taps import phase
from tracetf.trace import Event, Trace
from tracetf.training.watched import Pupil
from tracetf.transformer import Transformer
from tracetf.translate import Translator
from tracetf.translators import untrained

torch.set_num_threads(1)
settings.register_profile("tracetf", deadline=None, max_examples=30, derandomize=True, database=None)
settings.load_profile("tracetf")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
Planter = Callable[[Trace, Event, Any], Trace]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, and leave it to the end: its driver keeps an event loop."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


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
    stand_ins = ["forward" in one.__dict__ for one in model.modules()]
    return sum(hooks) + sum(stand_ins) + taps._open


@pytest.fixture(scope="session")
def left_behind() -> Callable[[nn.Module], int]:
    """Return a function that counts the hooks and stand-ins still on a model, and the watchers still open."""
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
