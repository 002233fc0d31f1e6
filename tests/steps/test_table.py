import ast
import inspect
import re
from collections import Counter
from itertools import chain

import numpy as np
import pytest
from einops import parse_shape

from tracetf.steps import (
    STEPS,
    Step,
    attention,
    beam,
    block,
    find,
    inputs,
    language,
    loss,
    matching,
    nearest,
    outputs,
    recurrent,
    sampling,
    seq2seq,
    update,
)
from tracetf.steps.parameters import AXES, axes_of_parameter
from tracetf.steps.table import OWN_AXES
from tracetf.trace import Trace

every_step = pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))


def test_every_key_is_entered_once() -> None:
    entered = []
    rooms = (attention, beam, block, inputs, language, loss, outputs, recurrent, sampling, seq2seq, update)
    for module in rooms:
        calls = [
            node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)
        ]
        entered += [
            c.args[0].value for c in calls if isinstance(c.func, ast.Name) and c.func.id in ("step", "given")
        ]
    assert [key for key, times in Counter(entered).items() if times > 1] == []
    assert set(entered) == set(STEPS)


@every_step
def test_a_formula_takes_what_the_step_reads(step: Step) -> None:
    takes = inspect.signature(step.compute).parameters if step.compute else ()
    assert len(takes) == len(step.reads)


@every_step
def test_axes_are_einops_words(step: Step) -> None:
    sizes = range(2, 2 + len(step.axes.replace(OWN_AXES, "").split()))
    assert list(parse_shape(np.empty(tuple(sizes)), step.axes).values()) == list(sizes)


@every_step
def test_a_step_says_its_formula_and_where_it_comes_from(step: Step) -> None:
    assert step.formula.startswith(f"{step.name} ")
    assert re.search(r"section \d|equation \d", step.source)
    assert (step.room, step.name) == tuple(step.key.split("."))


@every_step
def test_tex_is_balanced(step: Step) -> None:
    assert step.tex.strip()
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", step.tex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert len(re.findall(r"\\left\b", step.tex)) == len(re.findall(r"\\right\b", step.tex))
    assert re.findall(r"\\begin{(\w+)}", step.tex) == re.findall(r"\\end{(\w+)}", step.tex)


def test_every_recorded_step_is_in_the_table(runs: dict[str, Trace]) -> None:
    assert [event.path for event in chain.from_iterable(runs.values()) if event.step is None] == []


@every_step
def test_every_step_of_the_table_is_recorded_by_some_run(step: Step, runs: dict[str, Trace]) -> None:
    assert any(event.step is step for event in chain.from_iterable(runs.values()))


def test_recorded_values_have_the_axes_of_their_step(runs: dict[str, Trace]) -> None:
    for event in chain.from_iterable(runs.values()):
        own = axes_of_parameter(event.path.rsplit(".", 2)[0])
        assert " ".join(event.axes) == (own if event.step.axes == OWN_AXES else event.step.axes)
        assert event.value.ndim == len(event.axes)


def test_every_parameter_has_axes_and_every_axis_its_size(runs: dict[str, Trace]) -> None:
    trace = runs["learned"]
    sizes = {**trace.dimensions, "head": trace.dimensions["heads"]}
    sizes["hd_v"] = sizes["heads"] * sizes["d_v"]
    for path, array in trace.parameters.items():
        axes = axes_of_parameter(path).split()
        side = "source" if path.startswith("encoder") else "target"
        assert array.shape == tuple(
            sizes[f"{side}_words" if axis == "vocabulary" else axis] for axis in axes
        ), path
    assert axes_of_parameter("somebody.else.weight") == ""
    assert all(room in {step.room for step in STEPS.values()} for room in (key.split(".")[0] for key in AXES))


@pytest.mark.parametrize("run", ["eval", "train", "pre-norm", "odd d_model", "uncached", "forced"])
def test_an_axis_word_has_one_size_within_a_call(run: str, runs: dict[str, Trace]) -> None:
    sizes: dict[tuple, int] = {}
    for event in runs[run]:
        for axis, size in zip(event.axes, event.shape, strict=True):
            if event.module and axis != "token":
                assert sizes.setdefault((event.module, event.began, axis), size) == size, event


@pytest.mark.parametrize("run", ["eval", "train", "pre-norm", "odd d_model", "cached", "forced"])
def test_sizes_are_those_of_the_model(run: str, runs: dict[str, Trace]) -> None:
    trace = runs[run]
    told = trace.dimensions | {
        "one": 1,
        "head": trace.dimensions["heads"],
        "batch": 1 if run == "forced" else 2,
    }
    told |= {"vocabulary": told["target_words"], "hd_v": told["heads"] * told["d_v"]}
    for event in trace:
        for axis, size in zip(event.axes, event.shape, strict=True):
            assert size == told.get(axis, size), event


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("encoder.layers.0.self_attention.scores", "attention.scores"),
        ("decoder.layers.11.cross_attention.weights", "attention.weights"),
        ("encoder.layers.0.self_attention_norm.output", "norm.output"),
        ("encoder.norm.mean", "norm.mean"),
        ("decoder.layers.0.feed_forward_residual.added", "residual.added"),
        ("decoder.layers.0.feed_forward_residual.dropout.kept", "dropout.kept"),
        ("encoder.dropout.dropped", "dropout.dropped"),
        ("encoder.layers.0.feed_forward.output", "feed_forward.output"),
        ("decoder.embedding.rows", "embedding.rows"),
        ("encoder.positions.waves", "positions.waves"),
        ("encoder.embedded", "stack.embedded"),
        ("unread", "transformer.unread"),
        ("source", "transformer.source"),
        ("output.logits", "output.logits"),
        ("encoder.recurrent.layers.1.backwards.lstm.forget_gate", "lstm.forget_gate"),
        ("decoder.global_attention.dot_score.scores", "dot_score.scores"),
        ("decoder.global_attention.weights", "global_attention.weights"),
        ("encoder.recurrent.layers.0.forwards.initial.state", "initial.state"),
    ],
)
def test_an_event_path_leads_to_its_step(path: str, key: str) -> None:
    assert find(path) is STEPS[key]


@pytest.mark.parametrize("path", ["nonsense", "encoder.scores", "my.own.layer.value", ""])
def test_a_path_of_somebody_else_leads_nowhere(path: str) -> None:
    assert find(path) is None


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("attention.scores", ["attention.scores"]),
        ("encoder.layers.3.self_attention.scores", ["attention.scores"]),
        ("waves", ["positions.waves"]),
        ("output", ["attention.output", "norm.output", "feed_forward.output"]),
        ("nonsense", []),
    ],
)
def test_a_name_can_mean_these_steps(name: str, keys: list[str]) -> None:
    assert [step.key for step in matching(name)] == keys


@pytest.mark.parametrize(
    ("name", "guess"), [("wieghts", "weights"), ("Attention.Scores", "attention.scores"), ("logit", "logits")]
)
def test_the_nearest_names_are_offered(name: str, guess: str) -> None:
    near = nearest(name)
    assert guess in near
    assert len(near) == len(set(near)) <= 5
    assert nearest("xyzzy") == []
