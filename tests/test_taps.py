import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from threading import Barrier, Event, Thread

import pytest
import torch
from torch import Tensor

from tracetf import taps
from tracetf.decoding import greedy
from tracetf.recorder import record
from tracetf.taps import current_phase, phase, tap, watch
from tracetf.trace import Trace
from tracetf.transformer import Transformer


@pytest.fixture
def value() -> Tensor:
    return torch.ones(2)


def names_into(seen: list[str]) -> Callable[..., None]:
    """Return a watcher that lists the names of what it is handed."""
    return lambda *told: seen.extend(told[-1])


@pytest.fixture(scope="module")
def compiled(build: Callable, source: Tensor, target: Tensor) -> Iterator[tuple[Transformer, Callable]]:
    model = build(layers=1)
    torch._dynamo.utils.counters.clear()
    whole = torch.compile(model, fullgraph=True, backend="eager")
    whole(source, target)
    yield model, whole
    torch.compiler.reset()


def test_a_watcher_is_handed_the_very_values_by_name(value: Tensor) -> None:
    handed: list[Mapping[str, Tensor]] = []
    with watch(lambda *told: handed.append(told[-1])):
        tap(scores=value, weights=value)
    tap(scores=value)
    assert [list(values) for values in handed] == [["scores", "weights"]]
    assert handed[0]["scores"] is value


def test_every_watcher_is_handed_everything_while_it_watches(value: Tensor) -> None:
    outer: list[str] = []
    inner: list[str] = []
    with watch(names_into(outer)):
        tap(first=value)
        with watch(names_into(inner)):
            tap(second=value)
        tap(third=value)
    assert outer == ["first", "second", "third"]
    assert inner == ["second"]


def test_another_threads_taps_are_not_seen(value: Tensor) -> None:
    seen: list[str] = []
    with watch(names_into(seen)):
        other = Thread(target=lambda: tap(theirs=value))
        other.start()
        other.join()
        tap(ours=value)
    assert seen == ["ours"]


def test_a_watcher_is_gone_after_an_exception(value: Tensor) -> None:
    seen: list[str] = []
    with pytest.raises(KeyError), watch(names_into(seen)):
        raise KeyError
    tap(late=value)
    assert seen == []
    assert taps._open == 0


def test_an_exception_of_a_watcher_reaches_the_watched_and_ends_the_watch(value: Tensor) -> None:
    def fail(*told: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), watch(fail):
        tap(scores=value)
    assert taps._open == 0


def test_phases_have_names_and_end() -> None:
    assert current_phase().name == "forward"
    with phase("decode 1"):
        assert current_phase().name == "decode 1"
        with phase("inner"):
            assert current_phase().name == "inner"
        assert current_phase().name == "decode 1"
    with pytest.raises(KeyError), phase("broken"):
        raise KeyError
    assert current_phase().name == "forward"


def test_a_phase_entered_anew_is_another() -> None:
    with phase("encode"):
        first = current_phase()
    with phase("encode"):
        assert current_phase() is not first


def test_another_thread_is_in_a_phase_of_its_own() -> None:
    names: list[str] = []
    with phase("decode 1"):
        other = Thread(target=lambda: names.append(current_phase().name))
        other.start()
        other.join()
    assert names == ["forward"]


@pytest.mark.parametrize("rounds", [25])
def test_threads_that_record_the_same_model_never_mix(
    rounds: int, build: Callable, solo: Callable, left_behind: Callable
) -> None:
    model, start, wrong = build(layers=1), Barrier(3), []
    sentences = [torch.full((1, length), 3 + length) for length in (2, 4, 7)]
    alone = [solo(model, words, words, f"thread {i}") for i, words in enumerate(sentences)]

    def work(i: int) -> None:
        for _ in range(rounds):
            start.wait(timeout=60)
            try:
                if solo(model, sentences[i], sentences[i], f"thread {i}") != alone[i]:
                    wrong.append(f"thread {i} saw something else")
            except Exception as error:
                wrong.append(repr(error))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)
    assert wrong == []
    assert left_behind(model) == 0


def test_a_recording_may_end_while_another_thread_runs_the_model(model: Transformer, source: Tensor) -> None:
    begun, ended, failed = Event(), Event(), []

    def wait(*_: object) -> None:
        begun.set()
        ended.wait(timeout=60)

    def work() -> None:
        try:
            model.encode(source)
        except Exception as error:
            failed.append(error)

    handle = model.encoder.register_forward_pre_hook(wait)
    other = Thread(target=work)
    with record(model):
        other.start()
        begun.wait(timeout=60)
    ended.set()
    other.join()
    handle.remove()
    assert failed == []


def test_tasks_that_record_the_same_model_never_mix(
    model: Transformer, source: Tensor, content: Callable
) -> None:
    async def decode(sentence: Tensor) -> list[tuple]:
        with record(model) as trace:
            for _ in greedy(model, sentence, start=1, end=2, longest=4, cached=True):
                await asyncio.sleep(0)
        return content(trace)

    async def both() -> list[list[tuple]]:
        return await asyncio.gather(decode(source[:1]), decode(source[1:, :3]))

    together = asyncio.run(both())
    assert together == [asyncio.run(decode(source[:1])), asyncio.run(decode(source[1:, :3]))]


def test_a_task_that_outlives_a_recording_adds_nothing_to_it(model: Transformer, value: Tensor) -> None:
    async def later() -> None:
        await asyncio.sleep(0)
        tap(late=value)

    async def main() -> tuple[Trace, Trace]:
        with record(model) as first:
            task = asyncio.create_task(later())
        with record(model) as second:
            await task
        return first, second

    assert [len(trace) for trace in asyncio.run(main())] == [0, 0]


def test_a_model_that_nobody_watches_compiles_in_one_graph(
    compiled: tuple[Transformer, Callable], source: Tensor, target: Tensor
) -> None:
    model, whole = compiled
    torch.testing.assert_close(whole(source, target), model(source, target), atol=2e-5, rtol=0)


def test_a_compiled_model_is_recorded_whole_and_stays_compiled(
    compiled: tuple[Transformer, Callable], source: Tensor, target: Tensor
) -> None:
    model, whole = compiled
    with record(model) as expected:
        model(source, target)
    with record(model) as trace:
        whole(source, target)
    assert [event.path for event in trace] == [event.path for event in expected]
    graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    with torch._dynamo.config.patch(error_on_recompile=True):
        whole(source, target)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == graphs == 1


def test_the_paths_of_a_compiled_model_are_those_of_the_model(
    compiled: tuple[Transformer, Callable], source: Tensor, target: Tensor
) -> None:
    model, whole = compiled
    with record(whole) as trace:
        whole(source, target)
    assert {event.module for event in trace} <= {name for name, _ in model.named_modules()}
    assert {event.step.key for event in trace if event.step} >= {"transformer.source", "transformer.target"}


COMPILED_INSIDE = """
import torch
from tracetf.layers.norm import LayerNorm
from tracetf.recorder import record
layer, x = LayerNorm(4, 1e-5), torch.randn(1, 2, 4)
with record(layer) as trace:
    try:
        torch.compile(layer, backend="eager", fullgraph=True)(x)
    except torch._dynamo.exc.Unsupported:
        print("refused")
    torch.compile(layer, backend="eager")(x)
print(len(trace))
"""


def test_a_layer_compiled_within_a_recording_is_seen_or_refused_but_never_silent() -> None:
    code = [sys.executable, "-c", COMPILED_INSIDE]
    assert subprocess.run(code, capture_output=True, text=True, check=True).stdout == "refused\n4\n"
