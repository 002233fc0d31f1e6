"""Places that are no modules: functions whose taps have a path, and what was given to them."""

import threading

import pytest
import torch
from torch import Tensor, nn

from tracetf.recorder import record
from tracetf.steps import STEPS, step
from tracetf.steps.table import room
from tracetf.taps import current_place, place, tap, watched
from tracetf.trace import Trace, verify


@pytest.fixture(autouse=True)
def _doubling():
    @step("doubling.doubled", "", formula="doubled = times · x", reads="x times")
    def doubled(x, times):
        return times * x

    yield
    del STEPS["doubling.doubled"]
    room.cache_clear()


def doubled(x: Tensor, times: float = 2.0) -> Tensor:
    with place("my.doubling", x=x, times=times):
        result = times * x
        tap(doubled=result)
    return result


class Doubler(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        tap("", before=x)
        result = doubled(x)
        tap("", after=result)
        return result


def test_a_function_has_a_path_and_what_it_was_given() -> None:
    with record() as trace:
        first = doubled(torch.tensor(3.0))
        doubled(first, times=5.0)
    [_, event] = trace.at("my.doubling.doubled")
    assert event.numbers == {"times": 5.0}
    assert event.inputs == {"x": 0}
    assert event.axes == ()
    assert trace.at("my.doubling.doubled")[0].inputs == {}
    assert verify(trace).checked == 1


def test_the_innermost_of_modules_and_places_is_where_a_tap_happens() -> None:
    model = nn.ModuleDict({"doubler": Doubler()})
    with record(model) as trace, place("around"):
        tap("", first=torch.zeros(()))
        model["doubler"](torch.ones(()))
        tap("", last=torch.zeros(()))
    assert [event.path for event in trace] == [
        "around.first",
        "doubler.before",
        "my.doubling.doubled",
        "doubler.after",
        "around.last",
    ]
    assert trace["around.last"].began == 0
    assert trace["my.doubling.doubled"].inputs == {"x": 1}


def test_two_recordings_each_know_their_own_orders() -> None:
    with record() as outer:
        x = doubled(torch.tensor(1.0))
        with record() as inner:
            doubled(x)
    assert [trace.at("my.doubling.doubled")[-1].inputs for trace in (outer, inner)] == [{"x": 0}, {}]


def test_a_place_belongs_to_its_thread() -> None:
    seen = []
    with record(), place("here"):
        thread = threading.Thread(target=lambda: seen.append(current_place()))
        thread.start()
        thread.join()
        assert current_place().path == "here"
    assert seen == [None]


def test_a_place_is_left_even_by_an_error() -> None:
    with record(), pytest.raises(RuntimeError, match="on purpose"), place("here"):
        raise RuntimeError("on purpose")
    assert current_place() is None


def test_nobody_watching_a_place_is_nothing() -> None:
    assert not watched()
    with place("here"):
        assert current_place() is None
    with record():
        assert watched()


def test_what_a_step_reads_all_of_has_to_be_there() -> None:
    weights = {name: nn.Parameter(torch.ones(2)) for name in ("a", "b")}
    for weight in weights.values():
        weight.grad = torch.ones(2)
    from tracetf.training.clip import clip

    with record() as trace:
        clip(weights, 1.0)
    assert verify(trace).unread == []
    narrow = Trace()
    for event in trace:
        if event.path != "b.gradient.raw":
            narrow.append(event)
    missing = [reason for event, reason in verify(narrow).unread if event.path == "gradient.norm"]
    assert missing == ["gradient.norm reads b, which was not recorded"]
