import numpy as np
import pytest

from tracetf.trace import Event, Trace
from tracetf.trace.reading import UnreadError, reads, values

LAYER = "decoder.layers.0.self_attention"


def test_a_step_reads_events_of_its_own_call(runs: dict[str, Trace]) -> None:
    trace = runs["eval"]
    for module in (LAYER, "decoder.layers.0.cross_attention"):
        read = reads(trace, trace[f"{module}.heads"])
        assert read == {"weights": trace[f"{module}.weights"], "V": trace[f"{module}.V"]}


def test_a_step_reads_the_arguments_of_its_call_and_its_parameters(runs: dict[str, Trace]) -> None:
    trace = runs["eval"]
    read = reads(trace, trace[f"{LAYER}.Q"])
    assert read["x"] is trace["decoder.embedded"]
    assert read["W_Q"] is trace.parameters[f"{LAYER}.W_Q"]


def test_a_step_reads_plain_numbers_of_its_call_and_its_module(runs: dict[str, Trace]) -> None:
    trace = runs["cached"]
    assert reads(trace, trace["decoder.positions.waves", "decode 3"])["start"] == 2
    assert reads(trace, trace[f"{LAYER}.scaled", "decode 3"])["d_k"] == 5


def test_a_step_reads_events_of_a_module_inside(runs: dict[str, Trace]) -> None:
    evaluated, trained = runs["eval"], runs["train"]
    added = "encoder.layers.0.feed_forward_residual.added"
    assert list(reads(evaluated, evaluated[added])) == ["x", "update"]
    dropped = reads(trained, trained[added])["dropout.dropped"]
    assert dropped is trained["encoder.layers.0.feed_forward_residual.dropout.dropped"]


def test_kept_keys_are_read_where_there_are_any(runs: dict[str, Trace]) -> None:
    trace = runs["cached"]
    first, second, third = (trace[f"{LAYER}.scores", f"decode {word}"] for word in (1, 2, 3))
    assert list(reads(trace, first)) == ["Q", "K"]
    assert list(reads(trace, second)) == ["Q", "keys"]
    kept = reads(trace, trace[f"{LAYER}.keys", "decode 3"])["cache.keys"]
    assert kept is reads(trace, second)["keys"]
    assert reads(trace, third)["keys"].order > kept.order


def test_what_may_be_missing_is_nothing(runs: dict[str, Trace]) -> None:
    keys = runs["cached"][f"{LAYER}.keys", "decode 2"]
    lonely = Event(keys.order, 0, keys.phase, keys.path, keys.axes, keys.value)
    trace = Trace()
    trace.append(Event(0, 0, keys.phase, f"{LAYER}.K", keys.axes, keys.value))
    trace.append(lonely)
    assert reads(trace, lonely) == {"cache.keys": None, "cache.rows": None, "K": trace.made(0)}
    assert values(trace, lonely)[0] is None


def test_an_earlier_call_of_the_same_module_is_not_read(runs: dict[str, Trace]) -> None:
    trace = runs["uncached"]
    for phase in trace.phases[1:]:
        read = reads(trace, trace[f"{LAYER}.weights", phase])
        assert read["masked"] is trace[f"{LAYER}.masked", phase]


def test_a_step_outside_any_module_reads_from_its_own_phase_on(runs: dict[str, Trace]) -> None:
    trace = runs["uncached"]
    for phase in trace.phases[1:]:
        choice = trace["choice", phase]
        assert choice.began == trace["target", phase].order
        assert reads(trace, trace["probabilities", phase])["output.logits"] is trace["output.logits", phase]


@pytest.mark.parametrize(
    ("path", "missing"),
    [(f"{LAYER}.Q", "W_Q"), ("encoder.embedding.rows", "weight"), (f"{LAYER}.scaled", "d_k")],
)
def test_what_is_missing_is_named(path: str, missing: str, runs: dict[str, Trace]) -> None:
    whole = runs["eval"]
    bare = Trace()
    for event in whole:
        bare.append(event)
    with pytest.raises(UnreadError, match=f"^{path} reads {missing}, which was not recorded$"):
        reads(bare, whole[path])


def test_numbers_are_read_in_float64_and_ids_as_they_are(runs: dict[str, Trace]) -> None:
    trace = runs["eval"]
    tokens, weight = values(trace, trace["encoder.embedding.rows"])
    assert tokens.dtype == np.int64
    assert weight.dtype == np.float64


def test_somebody_elses_step_reads_nothing() -> None:
    theirs = Event(0, 0, "forward", "surprise", (), np.zeros(()))
    assert reads(Trace(), theirs) == {}
