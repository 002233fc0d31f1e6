"""Paths through a run: what is known of each layer, and what an event that reads otherwise changes."""

from dataclasses import replace

import pytest

from tracetf.experiments.one_layer import attention, recurrence
from tracetf.experiments.paths import Path, measure, path
from tracetf.recurrent import GRUCell, LSTMCell, ResetBeforeGRUCell, RNNCell
from tracetf.trace import Trace


def test_through_an_rnn_it_is_a_step_a_word_and_through_attention_always_as_far():
    found = measure((1, 4, 8, 16, 32))
    assert found.recurrent == [Path(n, n) for n in found.lengths]
    assert set(found.attention) == {Path(distance=4, steps=8)}


@pytest.mark.parametrize("length", [2, 5, 12])
def test_gates_make_more_steps_and_the_cell_a_way_of_its_own(length):
    # candidate, the cells of all words, hidden; the longest way takes a gate, the cell and hidden each time
    assert path(recurrence(LSTMCell, length, 4), "hidden") == Path(length + 2, 3 * length)
    # update gate and hidden at the first word, then hidden alone; reset gate, reset, candidate and hidden
    assert path(recurrence(GRUCell, length, 4), "hidden") == Path(length + 1, 4 * length)
    assert path(recurrence(ResetBeforeGRUCell, length, 4), "hidden") == Path(length + 1, 4 * length)


def test_a_shortcut_in_what_was_read_is_a_shorter_path():
    run = recurrence(RNNCell, 9, 4)
    states = run.select("*.hidden")
    changed = Trace(run.parameters, run.constants)
    for event in run:
        looks_back = event is states[-1]
        inputs = {**event.inputs, "before.hidden": states[2].order}
        changed.append(replace(event, inputs=inputs) if looks_back else event)
    assert path(changed, "hidden") == Path(4, 4)


def test_attention_reads_the_first_word_like_any_other():
    assert path(attention(7, 6, 3), "weights") == Path(5, 5)


@pytest.mark.parametrize("length", [0, -3])
def test_a_sentence_of_no_words_is_refused(length):
    with pytest.raises(ValueError, match=f"length={length} is no length of a sentence; give at least 1"):
        measure((4, length))
