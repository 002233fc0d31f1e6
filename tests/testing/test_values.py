"""Assertions on numbers: they hold where they should, and say what is wrong where not, word for word."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tracetf.recorder import record
from tracetf.testing import causal, close, finite, gradients, rows_sum_to_one
from tracetf.trace import Event, Trace
from tracetf.transformer import Transformer

PATH = "decoder.layers.0.self_attention.weights"
WEIGHTS = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.25, 0.25, 0.5]]
WORDS = (("나", "는", "학생"),)


def weights(**changes: Any) -> Event:
    """Make an event of weights for three words in two heads."""
    event = Event(
        order=0,
        began=0,
        phase="decode 3",
        path=PATH,
        axes=("batch", "head", "query", "key"),
        value=np.array([[WEIGHTS, WEIGHTS]], np.float32),
        labels={"query": WORDS, "key": WORDS},
    )
    return replace(event, **changes)


def with_number(number: float, *index: int) -> Event:
    """Make an event of weights of which one is another."""
    value = weights().value.copy()
    value[index] = number
    return weights(value=value)


def says(text: str, kind: type[Exception] = AssertionError) -> Any:
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


def test_what_the_model_computes_passes(runs: dict[str, Trace]) -> None:
    for trace in (trace for trace in runs.values() if "heads" in trace.dimensions):
        rows_sum_to_one(trace.select("*.weights"))
        if not trace.select("decoder.open_mask"):
            causal(trace.select("decoder.*.self_attention.weights"))
        finite(trace.select("*.normalized"))


def test_a_row_that_does_not_sum_to_one_is_named() -> None:
    rows_sum_to_one(weights())
    with says(
        f"{PATH} (decode 3) has a row that sums to 1.25 instead of 1 at [0, 1, 2] (head 1, query '학생'); "
        "1 of 6 are wrong"
    ):
        rows_sum_to_one(with_number(0.75, 0, 1, 2, 2))
    with says(
        f"{PATH} (decode 3) has a row that sums to NaN instead of 1 at [0, 0, 1] (head 0, query '는'); "
        "1 of 6 are wrong"
    ):
        rows_sum_to_one(with_number(np.nan, 0, 0, 1, 0))


def test_how_far_from_one_a_row_may_be_can_be_said() -> None:
    event = with_number(0.501, 0, 1, 2, 2)
    rows_sum_to_one(event, tolerance=0.002)
    with pytest.raises(AssertionError, match=r"sums to 1\.00100 instead of 1"):
        rows_sum_to_one(event)


def test_weight_on_a_later_key_is_named() -> None:
    causal(weights())
    with says(
        f"{PATH} (decode 3) has weight 0.00000000010 on a later key at [0, 1, 0, 2] "
        "(head 1, query '나', key '학생'); 1 of 18 are wrong"
    ):
        causal(with_number(1e-10, 0, 1, 0, 2))


def test_the_last_query_is_the_last_key() -> None:
    causal(weights(value=weights().value[:, :, -1:], labels={}))
    with pytest.raises(AssertionError, match=r"has weight 0\.50 on a later key at \[0, 0, 0, 2\]"):
        causal(weights(value=weights().value[:, :, 1:][:, :, ::-1], labels={}))


def test_numbers_of_torch_numpy_and_another_event_may_be_expected() -> None:
    event = weights()
    close(event, event.value.astype(np.float64))
    close(event, event.value.tolist())
    close(event, torch.tensor(event.value, requires_grad=True))
    close(event, torch.tensor(event.value, dtype=torch.bfloat16))
    close([event, event], event)
    close(event, event.value + 1e-5)


def test_the_number_furthest_from_the_one_expected_is_named() -> None:
    expected = weights().value.copy()
    expected[0, 1, 2] = 0.75, 0.25, 0.3
    with says(
        f"{PATH} (decode 3) is 0.25 instead of 0.75 at [0, 1, 2, 0] (head 1, query '학생', key '나'); "
        "2 of 18 are wrong"
    ):
        close(weights(), expected)
    close(weights(), expected, tolerance=0.5)


def test_ids_are_expected_exactly() -> None:
    ids = Event(0, 0, "forward", "target", ("batch", "token"), np.array([[1, 5]]))
    close(ids, torch.tensor([[1, 5]]))
    with says("target (forward) is 5 instead of 6 at [0, 1] (token 1); 1 of 2 are wrong"):
        close(ids, [[1, 6]], tolerance=2)


def test_another_shape_is_no_match_even_if_it_could_be_stretched() -> None:
    with says(f"{PATH} (decode 3) has the shape (1, 2, 3, 3) instead of (3, 3)"):
        close(weights(), WEIGHTS)


def test_one_number_has_no_place() -> None:
    loss = Event(0, 0, "loss", "loss.value", (), np.array(2.5))
    close(loss, torch.tensor(2.5))
    with says("loss.value (loss) is 2.50 instead of 3.00; 1 of 1 are wrong"):
        close(loss, 3.0)


@pytest.mark.parametrize(("number", "name"), [(np.nan, "NaN"), (np.inf, "∞"), (-np.inf, "−∞")])
def test_a_number_that_is_not_finite_is_named(number: float, name: str) -> None:
    finite(weights())
    with says(
        f"{PATH} (decode 3) is {name} at [0, 1, 2, 0] (head 1, query '학생', key '나'); 1 of 18 are wrong"
    ):
        finite(with_number(number, 0, 1, 2, 0))


def test_of_several_events_the_first_that_is_wrong_is_told() -> None:
    with pytest.raises(AssertionError, match=r"^later"):
        finite([weights(), replace(with_number(np.nan, 0, 0, 0, 0), path="later")])


def test_gradients_are_events_too(model: Transformer, source: torch.Tensor, target: torch.Tensor) -> None:
    with record(model) as trace:
        logits = model(source, target)
        logits.retain_grad()
        logits.sum().backward()
    finite(gradients(trace.select("*.weights")))
    close(gradients(trace["output.logits"]), logits.grad)
    names = {event.path for event in gradients(trace.select("*.weights"))}
    assert "encoder.layers.0.self_attention.weights.gradient" in names


def test_a_gradient_that_is_not_finite_is_named() -> None:
    value = np.full((1, 2, 3, 3), np.nan)
    with pytest.raises(
        AssertionError, match=rf"^{re.escape(PATH)}\.gradient \(decode 3\) is NaN at \[0, 0, 0, 0\]"
    ):
        finite(gradients(weights(gradient=value)))


def test_an_event_without_a_gradient_is_told_how_to_get_one() -> None:
    with says(f"{PATH} (decode 3) has no gradient; call backward() while recording, on a loss made from it"):
        gradients(weights())


def test_a_gradient_has_the_shape_of_its_value() -> None:
    with says(f"{PATH} (decode 3) has the shape (1, 2, 3, 3), and its gradient (2,)"):
        gradients(weights(gradient=np.zeros(2)))


@pytest.mark.parametrize("check", [rows_sum_to_one, causal, finite, gradients])
def test_nothing_is_never_right(check: Callable[[Any], None]) -> None:
    with says("there is no event to look at; does the glob match what was recorded?"):
        check([])
    with says("there is no event to look at; does the glob match what was recorded?"):
        close([], 0)


@pytest.mark.parametrize(
    ("given", "kind"), [(weights().value, "ndarray"), (None, "NoneType"), (["a"], "str")]
)
def test_anything_else_than_events_is_refused(given: Any, kind: str) -> None:
    with says(
        f"{kind} is no event; give trace[path] or trace.select(glob), "
        "and for their gradients gradients(trace.select(glob))",
        TypeError,
    ):
        finite(given)


def test_rows_and_queries_need_axes() -> None:
    loss = Event(0, 0, "loss", "loss.value", (), np.array(2.5))
    with says("loss.value (loss) has the shape (), too few axes for this"):
        rows_sum_to_one(loss)
    with says("loss.value (loss) has the shape (), too few axes for this"):
        causal(loss)


def test_a_failure_is_shown_at_the_line_of_the_test(run: Callable[..., pytest.RunResult]) -> None:
    code = """
        from tracetf.testing import rows_sum_to_one

        def test_it(trace, model, batch):
            model(*batch)
            rows_sum_to_one(trace.select("*.scores"))
    """
    result = run(code)
    result.stdout.fnmatch_lines(
        ['>       rows_sum_to_one(trace.select("[*].scores"))', "E       AssertionError: enc*"]
    )
    result.stdout.no_fnmatch_line("*values.py*")
