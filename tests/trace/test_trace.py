import warnings

import numpy as np
import pytest

from tracetf.trace import Event, Trace

PHASES = ("encode", "decode 1", "decode 2")
PATHS = ("encoder.layers.0.self_attention.scores", "encoder.layers.0.self_attention.weights", "output.logits")


def event(order: int, phase: str, path: str, value: object = 0.0) -> Event:
    return Event(order, order, phase, path, ("batch", "token"), np.full((1, 2), value))


@pytest.fixture
def trace() -> Trace:
    trace = Trace(vocabularies={"source": ("<pad>", "i", "am"), "target": ("<pad>", "나")})
    for order, path in enumerate(PATHS[:2]):
        trace.append(event(order, "encode", path))
    trace.append(event(2, "decode 1", PATHS[2], 1.0))
    trace.append(event(3, "decode 2", PATHS[2], 2.0))
    return trace


def test_a_path_gives_its_event(trace: Trace) -> None:
    assert trace[PATHS[0]].order == 0
    assert trace[PATHS[0], "encode"].order == 0


def test_a_path_and_a_phase_give_the_event_of_that_phase(trace: Trace) -> None:
    assert trace[PATHS[2], "decode 1"].value.tolist() == [[1, 1]]
    assert trace[PATHS[2], "decode 2"].value.tolist() == [[2, 2]]


def test_a_path_of_several_phases_gives_the_last_and_says_so(trace: Trace) -> None:
    with pytest.warns(
        UserWarning, match="output.logits was recorded in 2 phases, decode 1 … decode 2"
    ) as told:
        assert trace[PATHS[2]].order == 3
    assert str(told[0].message).endswith("this is the last; trace[path, 'decode 1'] gives another")
    assert told[0].filename == __file__


def test_several_events_of_one_phase_give_the_last_without_a_warning(trace: Trace) -> None:
    trace.append(event(4, "encode", PATHS[0], 7.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trace[PATHS[0]].order == 4
    assert [one.order for one in trace.at(PATHS[0])] == [0, 4]


def test_an_unknown_path_is_refused_with_the_nearest(trace: Trace) -> None:
    with pytest.raises(KeyError) as caught:
        trace["encoder.layers.0.self_attention.wieghts"]
    assert caught.value.args[0] == (
        "no event 'encoder.layers.0.self_attention.wieghts' among the 4 recorded; "
        f"nearest: {PATHS[1]}, {PATHS[0]}"
    )


def test_a_path_like_no_other_is_refused_without_a_guess(trace: Trace) -> None:
    with pytest.raises(KeyError) as caught:
        trace["xyzzy"]
    assert caught.value.args[0] == "no event 'xyzzy' among the 4 recorded"


def test_an_unknown_phase_is_refused_with_the_known(trace: Trace) -> None:
    with pytest.raises(KeyError) as caught:
        trace[PATHS[2], "encode"]
    assert caught.value.args[0] == (
        "output.logits was not recorded in phase 'encode', only in decode 1, decode 2"
    )


def test_events_come_in_the_order_they_were_computed(runs: dict[str, Trace]) -> None:
    for trace in runs.values():
        assert [one.order for one in trace] == list(range(len(trace)))
    paths = [one.path for one in runs["eval"]]
    assert paths[0] == "source"
    assert paths.index("encoder.embedded") < paths.index("encoder.layers.0.self_attention.Q")
    assert paths[-1] == "output.logits"


@pytest.mark.parametrize(
    ("glob", "phase", "orders"),
    [
        ("*", "*", [0, 1, 2, 3]),
        ("*.weights", "*", [1]),
        ("encoder.*", "decode *", []),
        ("output.logits", "decode *", [2, 3]),
        ("*", "decode 2", [3]),
        ("*.SCORES", "*", []),
        ("*.self_attention.[sw]*", "encode", [0, 1]),
    ],
)
def test_globs_select_events(glob: str, phase: str, orders: list[int], trace: Trace) -> None:
    assert [one.order for one in trace.select(glob, phase)] == orders


def test_a_trace_says_what_it_holds(trace: Trace) -> None:
    assert len(trace) == 4
    assert trace.phases == list(PHASES)
    assert PATHS[0] in trace
    assert "xyzzy" not in trace
    assert repr(trace) == "<Trace of 4 events in encode, decode 1, decode 2>"
    assert repr(Trace()) == "<Trace of 0 events in no phase yet>"


def test_an_order_leads_to_its_event(trace: Trace) -> None:
    assert trace.made(2) is trace[PATHS[2], "decode 1"]
    assert trace.made(99) is None


def test_ids_are_spelt_out_sentence_by_sentence(trace: Trace) -> None:
    assert trace.spell("source", np.array([[1, 2], [2, 0]])) == (("i", "am"), ("am", "<pad>"))


def test_words_are_those_that_stood_there_at_the_time(trace: Trace) -> None:
    for order, words in ((4, [[1, 2]]), (6, [[2, 1]])):
        trace.append(Event(order, order, "forward", "source", ("batch", "token"), np.array(words)))
        trace.append(event(order + 1, "forward", PATHS[0]))
    early, first, second = (trace.made(order) for order in (0, 5, 7))
    assert trace.words("source", first) == (("i", "am"),)
    assert trace.words("source", second) == (("am", "i"),)
    assert trace.words("source", early) is None
    assert trace.words("target", second) is None


def test_an_event_knows_its_module_its_step_and_its_sizes(runs: dict[str, Trace]) -> None:
    scores = runs["eval"]["decoder.layers.1.cross_attention.scores"]
    assert (scores.module, scores.name) == ("decoder.layers.1.cross_attention", "scores")
    assert scores.step.key == "attention.scores"
    assert scores.shape == (2, 3, 4, 5)
    assert scores.sizes == "batch=2 head=3 query=4 key=5"
    assert repr(scores) == f"<Event {scores.order} forward: {scores.path} {scores.sizes}>"


def test_an_event_knows_which_events_it_was_computed_from(runs: dict[str, Trace]) -> None:
    trace = runs["eval"]
    keys = trace["decoder.layers.0.cross_attention.K"]
    made = {name: trace.made(order).path for name, order in keys.inputs.items()}
    assert made == {
        "x": "decoder.layers.0.self_attention_norm.output",
        "memory": "encoder.layers.1.feed_forward_norm.output",
        "mask": "source_mask",
    }
    assert trace["decoder.positions.waves"].numbers == {"start": 0}
