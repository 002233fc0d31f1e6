"""A recurrent run as a trace: one event a word and step, verified, labelled, told."""

import io
from itertools import chain

import numpy as np
import pytest
import torch
from rich.cells import cell_len
from rich.console import Console

import tracetf
from tracetf.recurrent import GRUCell, LSTMCell, Recurrent, ResetBeforeGRUCell, RNNCell
from tracetf.taps import tap
from tracetf.trace import Trace
from tracetf.views.console import print_trace
from tracetf.views.story import Wish
from tracetf.words import words

KINDS = (RNNCell, LSTMCell, GRUCell, ResetBeforeGRUCell)
NAMES = {
    RNNCell: ["hidden"],
    LSTMCell: ["forget_gate", "input_gate", "candidate", "cell", "output_gate", "hidden"],
    GRUCell: ["reset_gate", "update_gate", "reset_after", "candidate", "hidden"],
    ResetBeforeGRUCell: ["reset_gate", "update_gate", "reset_before", "candidate", "hidden"],
}
WORDS = ("<pad>", "<s>", "</s>", "<unk>", "i", "am", "a", "student", "go", "home", "now")


@pytest.fixture
def read(reader, source):
    """Return a function that records how cells read two sentences, and learns from it."""

    def read(*how, ids=source, **more) -> Trace:
        model = reader(*how, **more)
        model.vocabularies = {"source": WORDS}
        with tracetf.record(model) as trace:
            outputs = model(ids)
            (outputs * torch.randn_like(outputs)).sum().backward()
        return trace

    return read


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", [{}, {"layers": 2, "bidirectional": True}])
def test_every_number_and_every_gradient_is_recomputed(read, kind, how):
    trace = read(kind, 6, 4, **how)
    report = tracetf.verify(trace)
    assert report, report
    assert report.checked == len(trace) - 1  # the ids are given
    assert report.gradients > len(trace.at("encoder.layers.0.forwards.states.outputs"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_shows_its_steps_once_a_word(read, kind, source):
    trace = read(kind, 6, 4)
    seen = [event for event in trace if event.module == f"encoder.layers.0.forwards.{kind.room}"]
    assert [event.name for event in seen] == NAMES[kind] * source.shape[1]
    assert {event.axes for event in seen} == {("batch", "token", "hidden")}
    assert [event.labels["token"][0] for event in seen[:: len(NAMES[kind])]] == [
        (WORDS[word],) for word in source[0]
    ]


def test_each_word_reads_the_state_of_the_word_before(read):
    trace = read(LSTMCell, 6, 4, ids=torch.tensor([[4, 5, 6, 7]]))
    path = "encoder.layers.0.forwards.lstm"
    gates, states, memories = (trace.at(f"{path}.{name}") for name in ("forget_gate", "hidden", "cell"))
    zeros = trace["encoder.layers.0.forwards.initial.state"].order
    assert [gate.inputs["before.hidden"] for gate in gates] == [zeros, *(e.order for e in states[:-1])]
    assert [gate.inputs["before.cell"] for gate in gates] == [zeros, *(e.order for e in memories[:-1])]
    assert [gate.numbers["time"] for gate in gates] == [-4, -3, -2, -1]


def test_from_the_right_the_last_word_comes_first(read):
    trace = read(GRUCell, 6, 4, bidirectional=True, ids=torch.tensor([[4, 5, 6, 7]]))
    read_by = trace.at("encoder.layers.0.backwards.gru.hidden")
    assert [event.labels["token"][0][0] for event in read_by] == ["student", "a", "am", "i"]
    rows = trace["encoder.layers.0.backwards.states.outputs"].value[0]
    np.testing.assert_array_equal(rows, np.concatenate([e.value[0] for e in reversed(read_by)]))


def test_the_state_is_held_only_where_a_sentence_has_ended(read, source):
    path = "encoder.layers.0.forwards.held.hidden"
    held = read(GRUCell, 6, 4).at(path)
    assert len(held) == source.shape[1]
    np.testing.assert_array_equal(held[-1].value[1], held[2].value[1])
    assert not np.array_equal(held[-1].value[0], held[2].value[0])
    assert path not in read(GRUCell, 6, 4, ids=source[:1])


def test_a_neighbour_in_the_batch_changes_nothing(reader, source):
    model = reader(LSTMCell, 6, 4, layers=2, bidirectional=True)
    torch.testing.assert_close(model(source)[1:, :3], model(source[1:, :3]))


def test_watching_changes_no_number_and_the_compiler_goes_through(reader, source):
    model = reader(LSTMCell, 6, 4, bidirectional=True)
    expected = model(source)
    with tracetf.record(model):
        assert torch.equal(model(source), expected)
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(source), expected)


@pytest.mark.parametrize("name", [*chain(*NAMES.values())])
def test_a_wrong_number_is_found(runs, planted, name):
    run, event = next(
        (run, e) for run in runs.values() for e in run if e.name == name and ".layers.0.f" in e.path
    )
    value = event.value.copy()
    value.flat[1] += 0.001
    report = tracetf.verify(planted(run, event, value))
    assert report.disagreed[0][0].path == event.path


def test_it_is_written_to_a_file_and_verified_from_it(read, tmp_path):
    trace = read(LSTMCell, 6, 4)
    trace.save(tmp_path / "run.safetensors")
    again = tracetf.read_trace(tmp_path / "run.safetensors")
    assert again == trace
    assert tracetf.verify(again)


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("width", [80, 120])
def test_the_console_tells_it_word_by_word(read, lang, width):
    trace = read(GRUCell, 6, 4, ids=torch.tensor([[4, 5, 6, 7]]))
    out = io.StringIO()
    print_trace(Console(file=out, width=width), trace, Wish(full=True), words(lang))
    text = out.getvalue()
    assert max(map(cell_len, text.splitlines())) <= width
    for told in ("reset_gate", "student", "GRU"):
        assert told in text


def test_recurrent_cells_stand_in_a_model_of_ones_own():
    model = torch.nn.ModuleDict({"scale": torch.nn.Linear(3, 3), "reader": Recurrent(GRUCell, 3, 4)})
    with tracetf.record(model) as trace:
        x = model["scale"](torch.randn(1, 5, 3))
        tap("batch token d_model", x=x)
        model["reader"](x)
    report = tracetf.verify(trace)
    assert not report.disagreed
    assert [event.path for event, _ in report.unread] == ["x"]
