"""Every number of a page, recomputed in the page."""

import re
from dataclasses import replace

import numpy as np
import pytest

import tracetf
from tracetf.steps import STEPS
from tracetf.trace import Trace
from tracetf.views.page import page, script
from tracetf.views.page.facts import Describer
from tracetf.views.page.selection import BUDGET, select
from tracetf.views.story import Wish

KINDS = (
    "eval",
    "train",
    "pre-norm",
    "pre-norm, train",
    "odd d_model",
    "cached",
    "uncached",
    "cached, pre-norm",
    "forced",
)
FULL = Wish(full=True)


def counted(trace: Trace, wish: Wish = FULL) -> int:
    return Describer(trace, select(trace, wish, BUDGET)).explainable()


def test_every_step_of_the_table_with_a_formula_has_an_explainer() -> None:
    known = set(re.findall(r'EXPLAINERS\["([\w.]+)"\] =', script()))
    assert known == {key for key, step in STEPS.items() if step.compute}


def test_every_number_of_every_kind_of_run_is_recomputed(opened, runs) -> None:
    for name, trace in runs.items():
        with opened(page(trace, FULL)) as seen:
            found = seen.recompute()
        expected = counted(trace)
        assert (name, found["recomputed"], found["agreeing"]) == (name, expected, expected), found["steps"]
        assert expected == sum(e.value.size for e in trace if e.step and e.step.compute), name
        assert seen.errors == []


def test_the_canonical_page_recomputes_all_but_what_needs_weights(student, canonical: Trace) -> None:
    found = student.recompute()
    assert found["recomputed"] == found["agreeing"] == counted(canonical, Wish())
    missing = {
        "attention.Q",
        "attention.K",
        "attention.V",
        "attention.output",
        "embedding.rows",
        "output.logits",
    }
    told = {event.step.key for event in canonical if event.step and event.step.compute}
    assert told - found["steps"].keys() == missing | {"feed_forward.hidden", "feed_forward.output"}
    student.page.get_by_role("button", name="Recompute all").click()
    assert student.text(".proof [role=status]").startswith(
        f"✓ {found['recomputed']:,} of {found['recomputed']:,}"
    )


def test_a_wrong_number_is_told_from_a_right_one(opened, runs, planted) -> None:
    run = runs["forced"]
    event = run["encoder.layers.0.self_attention.scaled"]
    value = event.value.copy()
    value[0, 1, 2, 3] += 0.001
    with opened(page(planted(run, event, value), FULL)) as seen:
        found = seen.recompute()
        assert found["recomputed"] - found["agreeing"] >= 1
        seen.go(f"#step={event.path}&head=1&cell=2.3")
        assert seen.text(".account .differs").startswith("✗")
        seen.go(f"#step={event.path}&head=1&cell=2.2")
        assert seen.text(".account .agrees").startswith("✓")
        seen.page.get_by_role("button", name="Recompute all").click()
        assert seen.text(".proof [role=status]").startswith("✗")


@pytest.mark.parametrize("name", ["scores", "weights", "masked"])
def test_the_numbers_of_the_page_are_those_of_the_run(student, canonical: Trace, name: str) -> None:
    event = canonical[f"decoder.layers.1.self_attention.{name}", "decode 6"]
    for head, plane in enumerate(event.value[0]):
        student.go(f"#step={event.path}&head={head}&cell=0.0")
        shown = [float(cell.replace("−", "-").replace("∞", "inf")) for cell in student.cells()]
        with np.errstate(invalid="ignore"):
            assert np.all((np.abs(np.array(shown) - plane.ravel()) <= 0.00501) | (plane.ravel() == shown))


def test_the_arithmetic_is_written_out(student, canonical: Trace) -> None:
    event = canonical["encoder.layers.0.self_attention.weights"]
    student.go(f"#step={event.path}&head=2&cell=1.4")
    masked = canonical["encoder.layers.0.self_attention.masked"].value[0, 2, 1]
    told = student.text(".account .sum").replace("−", "-")
    assert f"{masked[4]:.4f}" in told
    assert f"{masked.max():.4f}" in told
    assert f"= {event.value[0, 2, 1, 4]:.4f}" in told
    assert "recomputed here" in told


def test_what_a_number_was_read_from_is_marked(student) -> None:
    student.go("#step=encoder.layers.0.self_attention.scores&head=0&cell=1.3")
    marked = student.page.locator(".input tbody tr:has(td.marked) th").all_inner_texts()
    assert marked == ["am", "student"]
    student.go("#step=encoder.layers.0.self_attention.heads&head=0&cell=1.3")
    assert student.page.locator(".input").nth(1).locator("td.marked").count() == 5


def test_a_weight_that_is_not_in_the_page_is_named(student) -> None:
    student.go("#step=encoder.layers.0.self_attention.Q&head=0&cell=1.3")
    assert "W_Q is not in this page" in student.text(".account")
    assert student.text(".absent") == "W_Q"


def test_a_cell_says_which_word_it_reads_and_which_weights_are_missing(opened) -> None:
    model = tracetf.load("gru-attention")
    with tracetf.record(model) as trace:
        model.translate("I am a student")
    cell = "encoder.recurrent.layers.0.forwards.gru"
    with opened(page(trace), f"#step={cell}.reset_gate&cell=0.3") as seen:
        assert seen.page.locator(".absent").all_inner_texts() == ["W_xr", "W_hr"]
        signs = seen.page.locator(".term .sign").all_inner_texts()
        assert [sign.strip() for sign in signs] == ["", "=", "·", "+", "·", "+"]
        words = seen.page.locator(".block.current .token").all_inner_texts()
        assert words == ["i", "am", "a", "student", "."]
        assert seen.errors == []


def test_steps_of_somebody_else_are_drawn_without_arithmetic(opened) -> None:
    from tracetf.trace import Event

    trace = Trace()
    value = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    trace.append(Event(0, 0, "forward", "block.gates", ("side", "row", "column"), value))
    trace.append(Event(1, 1, "forward", "block.total", (), np.float32(3.5)))
    trace.append(Event(2, 2, "forward", "block.nothing", ("row", "column"), np.zeros((0, 4), np.float32)))
    trace.append(Event(3, 3, "forward", "block.wave", ("time",), np.ones(3, np.complex64)))
    with opened(page(trace), "#step=block.gates&cell=2.3") as seen:
        assert "in no table" in seen.text(".account")
        assert seen.text(".account .is") == "11.0000"
        seen.page.get_by_role("button", name="side 1").click()
        assert seen.text(".account .is") == "23.0000"
        for path in ("block.total", "block.nothing", "block.wave"):
            seen.go(f"#step={path}")
        assert seen.errors == []


def test_numbers_of_other_kinds_are_drawn(opened) -> None:
    from tracetf.trace import Event

    trace = Trace()
    values = {"nan": [[np.nan, np.inf]], "large": [[2**40, 3]], "truths": [[True]]}
    for order, (name, value) in enumerate(values.items()):
        trace.append(Event(order, order, "forward", f"odd.{name}", ("row", "column"), np.array(value)))
    shown = {"nan": ["NaN", "∞"], "large": [f"{2**40}.00", "3.00"], "truths": ["●"]}
    with opened(page(trace)) as seen:
        for name, texts in shown.items():
            seen.go(f"#step=odd.{name}")
            assert seen.cells() == texts
        assert seen.errors == []


def test_a_changed_file_is_told_by_the_page_too(opened, canonical: Trace) -> None:
    changed = Trace(canonical.parameters, canonical.constants, canonical.dimensions, canonical.vocabularies)
    for event in canonical:
        wrong = event.path == "encoder.layers.0.feed_forward_norm.output"
        changed.append(replace(event, value=event.value + np.float32(0.01)) if wrong else event)
    with opened(page(changed)) as seen:
        found = seen.recompute()
    assert found["recomputed"] - found["agreeing"] >= 5 * 64
