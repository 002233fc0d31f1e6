import gc
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from tracetf.decoding import greedy
from tracetf.layers.attention import MultiHeadAttention
from tracetf.recorder import record
from tracetf.taps import tap
from tracetf.trace import verify
from tracetf.transformer import Transformer


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(model: Transformer, left_behind: Callable) -> Iterator[None]:
    yield
    assert left_behind(model) == 0


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("train", [True, False], ids=["in training", "in evaluation"])
def test_watching_changes_no_number(
    train: bool, norm: str, build: Callable, source: Tensor, target: Tensor
) -> None:
    def run(model: Transformer) -> list[Tensor]:
        torch.manual_seed(1)
        logits = model(source, target)
        loss = cross_entropy(logits.flatten(0, 1), target.flatten())
        loss.backward()
        return [logits, loss, torch.get_rng_state(), *(p.grad for p in model.parameters())]

    plain = run(build(train=train, norm=norm))
    with record(model := build(train=train, norm=norm)) as trace:
        watched = run(model)
    assert len(trace) > 100
    assert all(torch.equal(a, b) for a, b in zip(plain, watched, strict=True))


def test_the_same_run_leaves_the_same_record(
    model: Transformer, source: Tensor, target: Tensor, solo: Callable
) -> None:
    assert solo(model, source, target) == solo(model, source, target)


def test_nested_recorders_each_get_everything(
    model: Transformer, source: Tensor, target: Tensor, content: Callable
) -> None:
    with record(model) as outer, record(model) as inner:
        model(source, target)
    with record(model) as part, record(model.decoder) as decoder:
        model(source, target)
    assert content(outer) == content(inner) == content(part)
    assert [e.path for e in decoder.select("layers.*")] == [
        e.path.removeprefix("decoder.") for e in part.select("decoder.layers.*")
    ]
    assert verify(outer)
    assert verify(inner)


def test_a_recorder_sees_its_own_model_only(
    model: Transformer, build: Callable, source: Tensor, target: Tensor, content: Callable, solo: Callable
) -> None:
    other = build(seed=1)
    with record(model) as trace, record(other) as theirs:
        model(source, target)
        other(source, target)
    assert content(trace) == solo(model, source, target)
    assert content(theirs) == solo(other, source, target)


def test_an_exception_leaves_the_trace_up_to_there_and_says_where(
    model: Transformer, source: Tensor, target: Tensor, solo: Callable, left_behind: Callable
) -> None:
    too_long = torch.ones(2, 17, dtype=torch.long)
    with pytest.raises(ValueError, match="17 words") as caught, record(model) as trace:
        model(source, too_long)
    last = "decoder.embedding.scaled"
    assert list(trace)[-1].path == last
    assert caught.value.__notes__ == [f"raised in decoder.positions; the last step recorded is {last}"]
    assert verify(trace)
    assert left_behind(model) == 0
    assert len(solo(model, source, target)) > len(trace)


def test_an_exception_before_any_step_says_so(model: Transformer, source: Tensor) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument") as caught, record(model):
        model(source)
    assert caught.value.__notes__ == ["raised in the model; the last step recorded is nothing"]


def test_an_exception_of_somebody_else_gets_no_note(model: Transformer) -> None:
    with pytest.raises(KeyError) as caught, record(model):
        raise KeyError("theirs")
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError])
def test_a_broken_off_recording_leaves_nothing_behind(
    kind: type[BaseException], model: Transformer, source: Tensor, left_behind: Callable
) -> None:
    def break_off(*_: object) -> None:
        raise kind

    def run() -> weakref.ref:
        with pytest.raises(kind), record(model) as trace:
            model.encode(source)
        assert len(trace) > 0
        return weakref.ref(trace)

    handle = model.encoder.dropout.register_forward_pre_hook(break_off)
    gone = run()
    handle.remove()
    assert left_behind(model) == 0
    gc.collect()
    assert gone() is None


class Recomputed(nn.Module):
    """Keep no values for the backward pass: compute them again there."""

    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(12, 3, 5, 2)
        self.reentrant = reentrant

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return checkpoint(self.attention, x, x, mask, use_reentrant=self.reentrant)


@pytest.mark.parametrize("reentrant", [True, False])
def test_values_computed_again_for_the_gradient_are_not_recorded_twice(
    reentrant: bool, left_behind: Callable
) -> None:
    layer, x = Recomputed(reentrant), torch.randn(2, 4, 12, requires_grad=True)
    mask = torch.ones(2, 4, 4, dtype=torch.bool)
    with record(layer) as trace:
        layer(x, mask).sum().backward()
        once = len(trace)
        tap(after=x)
    assert once == len({event.path for event in trace if event.path != "after"}) == 10
    assert "after" in trace
    assert layer.attention.W_Q.grad is not None
    assert left_behind(layer) == 0


def test_a_trace_can_be_narrowed(model: Transformer, source: Tensor, target: Tensor) -> None:
    with record(model) as everything:
        model(source, target)
    with record(model, only="*.cross_attention.weights") as narrow:
        model(source, target)
    assert [e.path for e in narrow] == [f"decoder.layers.{i}.cross_attention.weights" for i in range(2)]
    for event in narrow:
        assert event.order == everything[event.path].order
        assert np.array_equal(event.value, everything[event.path].value)


def test_a_bfloat16_model_is_recorded_as_float32(build: Callable, source: Tensor, target: Tensor) -> None:
    with record(model := build().bfloat16()) as trace:
        logits = model(source, target)
    assert {str(event.value.dtype) for event in trace} == {"int64", "bool", "float32"}
    assert torch.equal(torch.from_numpy(trace["output.logits"].value), logits.float())
    assert {str(array.dtype) for array in trace.parameters.values()} == {"float32"}


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_numbers_are_recorded_as_precise_as_they_are(
    dtype: str, build: Callable, source: Tensor, target: Tensor
) -> None:
    with record(model := build().to(getattr(torch, dtype))) as trace:
        model(source, target)
    assert {str(event.value.dtype) for event in trace} == {"int64", "bool", dtype}


def test_a_new_value_is_not_taken_for_one_that_is_gone(model: Transformer) -> None:
    layer = model.encoder.layers[0].feed_forward
    with record(model) as trace:
        for _ in range(50):  # the new one is likely to lie where the other did
            tap(gone=torch.zeros(1, 2, 12))
            layer(torch.ones(1, 2, 12))
    assert [event.inputs for event in trace.select("*.feed_forward.*") if event.inputs] == []


def test_steps_outside_any_call_are_recorded_within_a_larger_module_too(
    model: Transformer, source: Tensor
) -> None:
    class Larger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def watch(self) -> list[str]:
            with record(self.model) as trace:
                list(greedy(self.model, source, start=1, end=99, longest=1, cached=False))
            return [event.path for event in trace]

    assert Larger().watch()[-2:] == ["probabilities", "choice"]


def test_parameters_are_kept_by_their_names_in_the_state(model: Transformer) -> None:
    with record(model) as trace, record(model, parameters=False) as bare:
        pass
    state = model.state_dict()
    assert trace.parameters.keys() == state.keys()
    assert all(np.array_equal(array, state[name]) for name, array in trace.parameters.items())
    assert not bare.parameters


def test_arguments_given_by_name_are_known_too(model: Transformer, source: Tensor) -> None:
    with record(model) as trace:
        model.encoder(source=source, mask=torch.ones(2, 1, 5, dtype=torch.bool))
        x = model.encoder.embed(source)
        model.encoder.positions(x=x, start=3)
    assert list(trace)[-1].numbers == {"start": 3}
    assert "x" in list(trace)[-1].inputs


def test_somebody_elses_step_is_recorded_with_its_axes_numbered(model: Transformer) -> None:
    with record(model) as trace:
        tap(surprise=torch.zeros(2, 3))
    assert trace["surprise"].axes == ("axis_0", "axis_1")


def test_a_recorded_model_can_be_forgotten(
    build: Callable, source: Tensor, target: Tensor, solo: Callable
) -> None:
    model = build()
    solo(model, source, target)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
