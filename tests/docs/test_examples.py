"""Every example of the pages runs, and the pages quote examples and messages word for word."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted(path for path in (DOCS / "examples").iterdir() if path.is_file())
PAGES = "".join((DOCS / page).read_text("utf-8") for page in ("testing.md", "training.md"))
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGES, flags=re.M | re.S)
CODE = [block for language, block in BLOCKS if language != "text"]
MESSAGES = [block for language, block in BLOCKS if language == "text"]
PLUGIN = "-p tracetf.testing.plugin --strict-markers -W error"
Run = Callable[[Path], pytest.RunResult]


def named(pattern: str) -> list[Path]:
    return [path for path in EXAMPLES if path.match(pattern)]


def name(path: Path) -> str:
    return path.name


@pytest.fixture(autouse=True)
def _as_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for variable in ("CI", "BUILD_NUMBER"):  # there pytest shortens no message
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Return a function that runs an example with pytest."""

    def run(path: Path) -> pytest.RunResult:
        copy(path, pytester.path)
        return pytester.runpytest_inprocess(*PLUGIN.split(), path.name)

    return run


@pytest.mark.parametrize("path", named("test_*.py"), ids=name)
def test_an_example_passes(run: Run, path: Path) -> None:
    assert run(path).parseoutcomes().keys() == {"passed"}


@pytest.mark.parametrize("path", named("fails_*.py"), ids=name)
def test_an_example_fails_as_the_page_says(run: Run, path: Path) -> None:
    result = run(path)
    result.assert_outcomes(failed=1)
    assert [message for message in MESSAGES if message in result.stdout.str()]


@pytest.mark.parametrize("path", [*named("without_*.py"), *named("*.sh")], ids=name)
def test_a_script_runs(tmp_path: Path, path: Path) -> None:
    for example in EXAMPLES:
        copy(example, tmp_path)
    program = sys.executable if path.suffix == ".py" else "bash"
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": here, "PYTEST_ADDOPTS": PLUGIN}
    subprocess.run([program, path.name], cwd=tmp_path, env=environment, check=True)
    assert path.suffix == ".py" or list((tmp_path / "traces").glob("*.safetensors"))


@pytest.mark.parametrize("block", CODE)
def test_a_block_is_cut_from_an_example(block: str) -> None:
    assert sum(block in path.read_text("utf-8") for path in EXAMPLES) >= 1


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.name != "fails_values.py"], ids=name)
def test_an_example_is_on_the_page(path: Path) -> None:
    assert any(block in path.read_text("utf-8") for block in CODE)


def test_every_message_is_told_by_an_example() -> None:
    assert len(MESSAGES) == len(named("fails_*.py"))


def test_the_page_names_every_option_and_assertion() -> None:
    from tracetf import testing
    from tracetf.testing.fixture import OPTIONS

    page = (DOCS / "testing.md").read_text("utf-8")
    assert [option for option in OPTIONS if f"| `{option}=" not in page] == []
    assert [one for one in testing.__all__ if one not in page] == []
