"""What the report of a failed test says of its trace, and where the trace is kept."""

import re
from collections.abc import Callable

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
    assert all(re.fullmatch(r"[\w.-]{1,150}-[0-9a-f]{8}\.safetensors", file.name, re.A) for file in files)
    assert all(file.name.startswith("test_theirs.py_test_it_") for file in files)
    told = [line for line in section(result) if line.startswith("kept in ")]
    assert sorted(told) == [f"kept in {file}" for file in files]
    assert all(len(read_trace(file)) == 135 for file in files)


def test_a_trace_that_cannot_be_kept_hides_no_failure(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "taken").touch()
    result = run(FAILING, "--trace-save", "taken")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E       assert False"])
    assert section(result)[-1].startswith("the trace could not be kept: [Errno 17] File exists: ")
