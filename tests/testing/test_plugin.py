"""The fixture, the marker, the option and the report, as pytest shows them."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tracetf.trace.file import read_trace

Run = Callable[..., pytest.RunResult]
Message = Callable[[pytest.RunResult], str]
SECTION = "tracetf: recorded events"
FAILING = """
    def test_it(trace, model, batch):
        model(*batch)
        assert False
"""


def section(result: pytest.RunResult) -> list[str]:
    """Return what the report sections of the plugin say."""
    text = result.stdout.str()
    return [
        line
        for part in text.split(SECTION)[1:]
        for line in re.split(r"^[-=_]{3,}.*$", part.partition("\n")[2], flags=re.M)[0].splitlines()
    ]


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
    result = run(code)
    result.assert_outcomes(passed=1)
    assert SECTION not in result.stdout.str()


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


def test_a_failed_test_lists_what_was_recorded(run: Run) -> None:
    result = run(FAILING)
    assert result.stdout.str().count(SECTION) == 1
    lines = section(result)
    assert lines[:3] == [
        "forward:",
        f"  {'source':48}  batch=2 token=5",
        f"  {'source_mask':48}  batch=2 query=1 key=5",
    ]
    assert lines[-1].split() == ["output.logits", "batch=2", "token=4", "vocabulary=13"]
    assert len(lines) == 136


def test_phases_are_listed_apart(run: Run) -> None:
    code = """
        import torch
        import tracetf

        class Doubled(torch.nn.Module):
            def forward(self, x):
                tracetf.tap("token", doubled=2 * x)

        def test_it(trace):
            model = Doubled()
            for name in "one", "two":
                with tracetf.phase(name):
                    model(torch.zeros(3))
            assert False
    """
    assert section(run(code)) == ["one:", "  doubled  token=3", "two:", "  doubled  token=3"]


def test_a_test_that_fails_before_its_call_lists_its_events_too(run: Run) -> None:
    code = """
        import pytest

        @pytest.fixture
        def broken(trace, model, batch):
            model.encode(batch[0])
            raise RuntimeError("broken")

        def test_it(broken):
            pass
    """
    result = run(code)
    result.assert_outcomes(errors=1)
    assert section(result)[0] == "forward:"


def test_tests_that_pass_or_do_not_ask_have_no_section(run: Run) -> None:
    code = """
        def test_that_passes(trace, model, batch):
            model(*batch)

        def test_that_does_not_ask(model, batch):
            model(*batch)
            assert False
    """
    result = run(code, "-rA")
    result.assert_outcomes(passed=1, failed=1)
    assert SECTION not in result.stdout.str()


def test_events_that_cannot_be_listed_hide_no_failure(run: Run, message: Message) -> None:
    code = """
        import pytest
        import torch
        import tracetf

        class Wrong(torch.nn.Module):
            def forward(self, x):
                tracetf.tap("batch token", x=x)

        @pytest.mark.usefixtures("trace")
        def test_it():
            Wrong()(torch.zeros(3))
            assert 1 == 2
    """
    result = run(code)
    result.assert_outcomes(failed=1)
    assert message(result) == "assert 1 == 2"
    assert section(result)[0].startswith("could not be listed: x has 1 axes, and 'batch token' names 2")


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
    known = "only, layers, first_in_batch, statistics, budget, parameters, modules"
    result.stdout.fnmatch_lines([f"pytest.mark.trace does not know {unknown}; it takes, by name: *{known}*"])


def test_the_marker_is_listed(run: Run) -> None:
    run("", "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.trace(only='*', modules=False, …): what the fixture 'trace' records, *tracetf.record"]
    )


def test_traces_of_failed_tests_are_kept(run: Run, pytester: pytest.Pytester) -> None:
    code = """
        import pytest

        @pytest.mark.parametrize("text", ["a/b", "a:b", "../../나 *?", "x" * 300])
        def test_it(trace, model, batch, text, monkeypatch, tmp_path):
            monkeypatch.chdir(tmp_path)
            model(*batch)
            assert text == "?"

        def test_that_passes(trace, model, batch):
            model(*batch)

        def test_that_does_not_ask():
            assert False
    """
    result = run(code, "--trace-save", "kept/here")
    result.assert_outcomes(failed=5, passed=1)
    files = sorted((pytester.path / "kept" / "here").iterdir())
    assert len(files) == 4
    assert all(re.fullmatch(r"[\w.-]{1,100}-[0-9a-f]{8}\.safetensors", file.name, re.A) for file in files)
    assert files[0].name.startswith("test_theirs.py_test_it_")
    told = [line for line in section(result) if line.startswith("kept in ")]
    assert sorted(told) == [f"kept in {file}" for file in files]
    assert all(len(read_trace(file)) == 135 for file in files)


def test_a_trace_that_cannot_be_kept_hides_no_failure(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "taken").touch()
    result = run(FAILING, "--trace-save", "taken")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E       assert False"])
    assert section(result)[-1].startswith("the trace could not be kept: [Errno 17] File exists: ")


def test_a_suite_that_does_not_use_it_imports_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import sys

        def pytest_unconfigure():
            heavy = {"torch", "numpy", "einops", "safetensors", "rich", "tracetf.trace", "tracetf.recorder"}
            print("imported:", sorted(heavy & set(sys.modules)))
        """
    )
    pytester.makepyfile(
        """
        import pytest

        def test_passes(): pass
        def test_fails(): assert [1] == [2]
        @pytest.mark.trace(only="*")
        def test_marked(): pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "tracetf.testing.plugin", "-s")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["imported: []"])


def test_the_package_imports_no_torch() -> None:
    code = "import sys; from tracetf.testing import Shapes, close; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    entry = project["project"]["entry-points"]["pytest11"]
    assert entry == {"tracetf": "tracetf.testing.plugin"}
    assert import_module(entry["tracetf"]).trace
