"""The fixture, its mark, and what pytest says of its assertions."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]
Message = Callable[[pytest.RunResult], str]


def test_the_fixture_is_the_trace_of_what_the_test_runs(run: Run) -> None:
    code = """
        import tracetf

        def test_it(trace, model, batch):
            assert len(trace) == 0
            logits = model(*batch)
            assert isinstance(trace, tracetf.Trace)
            assert list(trace)[-1].path == "output.logits"
            assert (trace["output.logits"].value == logits.detach().numpy()).all()
            assert len(trace.select("*.cross_attention.weights")) == 2
            assert trace.shapes >= {"output.logits": "batch token vocabulary=13"}
            assert tracetf.verify(trace)
    """
    run(code).assert_outcomes(passed=1)


def test_after_the_test_nothing_is_left(run: Run) -> None:
    code = """
        import gc
        import weakref

        import pytest
        from tracetf import taps

        kept = []

        @pytest.mark.parametrize("fails", [False, pytest.param(True, marks=pytest.mark.xfail)])
        def test_it(trace, model, batch, fails):
            model(*batch)
            kept.append(weakref.ref(trace))
            assert not fails

        def test_what_is_left(model):
            gc.collect()
            assert [one() for one in kept] == [None, None]
            assert taps._open == 0
    """
    run(code, apart=True).assert_outcomes(passed=2, xfailed=1)


def test_a_wrong_size_is_told_word_for_word(run: Run, message: Message) -> None:
    code = """
        def test_it(trace, model, batch):
            model(*batch)
            assert trace.shapes >= {
                "encoder.layers.*.self_attention.scores": "batch head query key",
                "encoder.*.self_attention.Q": "batch head=4 query d_k",
            }
    """
    assert message(run(code)).splitlines() == [
        "assert trace.shapes >= rules: wrong shape in 4 of 135 events",
        '  encoder.layers.0.self_attention.Q (forward) and 1 like it, rule "encoder.*.self_attention.Q"',
        "    wanted  batch   head=4 query   d_k",
        "    got     batch=2 head=3 query=5 d_k=5",
        "                    ^^^^^^",
        "  encoder.layers.0.self_attention.scores (forward) and 1 like it: head=3 instead of head=4",
    ]


def test_the_first_eight_lines_hold_the_worst_and_two_v_show_all(run: Run, message: Message) -> None:
    code = """
        RULES = {
            "encoder.layers.*.self_attention.scroes": "batch head query key",
            "*.self_attention.Q": "batch head=4 query d_k",
        }

        def test_it(trace, model, batch):
            model(*batch)
            assert RULES == trace.shapes
    """
    worst = [
        "assert trace.shapes == rules: wrong shape in 4 of 135 events, no rule for 131 of 135 events, "
        "1 of 2 rules matched nothing",
        '  decoder.layers.0.self_attention.Q (forward) and 1 like it, rule "*.self_attention.Q"',
        "    wanted  batch   head=4 query=5 d_k",
        "    got     batch=2 head=3 query=4 d_k=5",
        "                    ^^^^^^ ^^^^^^^",
        "    query=5 by the same rule, encoder.layers.0.self_attention.Q",
        "  encoder.layers.0.self_attention.Q (forward) and 1 like it: head=3 instead of head=4",
        '  rule "encoder.layers.*.self_attention.scroes" matched nothing; nearest: '
        "encoder.layers.*.self_attention.scores, decoder.layers.*.self_attention.scores",
    ]
    shortened = message(run(code)).splitlines()
    assert shortened[:8] == [*worst[:7], f"{worst[7]}..."]
    assert shortened[9].strip() == "...Full output truncated, use '-vv' to show"
    whole = message(run(code, "-vv")).splitlines()
    assert whole[:8] == worst
    assert "  no rule for output.logits, batch token vocabulary" in whole


def test_a_module_without_taps_is_told_how_to_get_events(run: Run, message: Message) -> None:
    code = """
        import torch

        def test_it(trace):
            torch.nn.Linear(3, 2)(torch.zeros(1, 3))
            assert trace.shapes == {"output": "batch 2"}
    """
    assert message(run(code)) == (
        "assert trace.shapes == rules: nothing was recorded\n"
        "  no module that ran says tap(name=value); say it in yours, or record what every module returns "
        "with modules=True"
    )


def test_the_first_event_that_differs_is_told(run: Run, message: Message) -> None:
    code = """
        import pytest
        import torch
        import tracetf

        @pytest.fixture
        def recorded(model, batch):
            with tracetf.record(model) as recorded:
                model(*batch)
            return recorded

        def test_it(recorded, trace, model, batch):
            with torch.no_grad():
                model.encoder.layers[1].self_attention.W_Q.mul_(2)
            model(*batch)
            assert trace == recorded
    """
    first, *others = message(run(code)).splitlines()
    assert first.startswith(
        "assert encoder.layers.1.self_attention.Q (forward) is the first that differs: batch "
    )
    assert [line.split() for line in others[1:3]] == [
        ["✓", "x", "encoder.layers.0.feed_forward_norm.output"],
        ["✗", "W_Q", "encoder.layers.1.self_attention.W_Q,", "Δ", "0.471"],
    ]


def test_other_comparisons_are_explained_by_pytest(run: Run, message: Message) -> None:
    code = """
        def test_it(trace, model, batch):
            model(*batch)
            assert trace.shapes != {"*": "..."}

        def test_other(trace):
            assert trace != trace
    """
    assert message(run(code)).splitlines()[:2] == [
        "AssertionError: assert <Shapes of 135 events> != {'*': '...'}",
        " +  where <Shapes of 135 events> = <Trace of 135 events in forward>.shapes",
    ]


def test_a_mark_narrows_what_is_recorded(run: Run) -> None:
    code = """
        import pytest
        import torch

        pytestmark = pytest.mark.trace(parameters=False, only="*.scores")

        @pytest.mark.trace(only=["*.weights", "output.*"], layers=[1])
        def test_it(trace, model, batch):
            model(*batch)
            assert {event.name for event in trace} == {"weights", "logits"}
            assert "encoder.layers.0.self_attention.weights" not in trace
            assert not trace.parameters

        @pytest.mark.trace(only="*", modules=True)
        def test_modules(trace):
            torch.nn.Sequential(torch.nn.Linear(3, 2))(torch.zeros(1, 3))
            assert trace.shapes >= {"0.output": "axis_0 2"}
    """
    run(code, "--strict-markers").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("mark", "unknown"),
    [("onyl='*.scores'", "onyl"), ("'*.scores'", "'*.scores'"), ("model=None", "model")],
)
def test_a_mark_with_an_unknown_option_is_refused(run: Run, mark: str, unknown: str) -> None:
    code = f"""
        import pytest

        @pytest.mark.trace({mark})
        def test_it(trace):
            pass
    """
    result = run(code)
    result.assert_outcomes(errors=1)
    known = "only, layers, first_in_batch, statistics, budget, parameters, modules, to"
    result.stdout.fnmatch_lines([f"pytest.mark.trace does not know {unknown}; it takes, by name: {known}"])


def test_the_marker_is_listed(run: Run) -> None:
    run("", "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.trace(only='*', modules=False, …): what the fixture 'trace' records, *tracetf.record"]
    )
