import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tracetf

PUBLIC = [
    "Dimensions",
    "Event",
    "Trace",
    "Transformer",
    "Translator",
    "compare",
    "load",
    "phase",
    "read_trace",
    "record",
    "step",
    "tap",
    "verify",
]


def run(code: str) -> str:
    """Run a program in a Python of its own and return what it prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_the_public_face_is_exactly_this() -> None:
    assert tracetf.__all__ == PUBLIC
    assert list(tracetf._HOMES) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_what_its_module_defines(name: str) -> None:
    assert getattr(tracetf, name) is getattr(import_module(tracetf._HOMES[name]), name)


def test_type_checkers_are_told_of_the_same_names_in_the_same_modules() -> None:
    nodes = ast.walk(ast.parse(Path(tracetf.__file__).read_text(encoding="utf-8")))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    told = {alias.name: node.module for node in imports for alias in node.names}
    assert {name: told.get(name) for name in PUBLIC} == tracetf._HOMES


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'tracetf' has no attribute 'Transformers'"):
        tracetf.Transformers  # noqa: B018 - the look-up itself is what is tested


def test_public_names_are_listed_before_their_first_use() -> None:
    assert set(PUBLIC) <= set(dir(tracetf))


def test_everything_can_be_imported_at_once() -> None:
    names: dict[str, object] = {}
    exec("from tracetf import *", names)
    assert set(PUBLIC) <= names.keys()


@pytest.mark.parametrize(
    "module",
    [
        "tracetf",
        "tracetf.trace",
        "tracetf.trace.file",
        "tracetf.trace.labels",
        "tracetf.trace.lines",
        "tracetf.trace.reading",
        "tracetf.steps",
        "tracetf.words",
        "tracetf.dimensions",
        "tracetf.files",
    ],
)
def test_the_wing_of_the_record_imports_no_torch(module: str) -> None:
    assert run(f"import sys, {module}; print('torch' in sys.modules)") == "False\n"


def test_reading_showing_and_verifying_names_import_no_torch() -> None:
    names = "tracetf.Trace, tracetf.Event, tracetf.Dimensions, tracetf.read_trace, tracetf.verify"
    assert run(f"import sys, tracetf; {names}; print('torch' in sys.modules)") == "False\n"


def test_the_model_imports_no_step_no_word_and_no_record() -> None:
    seen = run("import sys, tracetf.transformer, tracetf.decoding; print(*sys.modules)").split()
    wing = ("tracetf.steps", "tracetf.words", "tracetf.trace", "tracetf.recorder", "tracetf.views")
    assert [name for name in seen if name.startswith(wing)] == []


@pytest.mark.parametrize("notebook", [True, False])
def test_events_show_themselves_as_tables_in_a_notebook_and_only_there(notebook: bool) -> None:
    pretend = "sys.modules['IPython'] = sys; " if notebook else ""
    told = run(f"import sys; {pretend}import tracetf; print(hasattr(tracetf.Event, '_repr_html_'))")
    assert told == f"{notebook}\n"
