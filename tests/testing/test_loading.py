"""What is imported when: nothing heavy, until a test asks for it."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from tracetf import testing


@pytest.mark.parametrize(("used", "imported"), [("sys", "[]"), ("tracetf.trace", "['numpy']")])
def test_a_suite_without_the_fixture_imports_nothing_for_it(
    pytester: pytest.Pytester, used: str, imported: str
) -> None:
    pytester.makeconftest(
        f"""
        import sys
        import {used}

        def pytest_unconfigure():
            heavy = {{"torch", "numpy", "einops", "safetensors", "rich", "tracetf.recorder"}}
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
    assert f"imported: {imported}" in result.outlines


def test_the_package_imports_no_torch() -> None:
    code = "import sys; from tracetf.testing import Shapes, close; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    entry = project["project"]["entry-points"]["pytest11"]
    assert entry == {"tracetf": "tracetf.testing.plugin"}
    assert import_module(entry["tracetf"]).trace


def test_the_public_face_is_exactly_this() -> None:
    assert testing.__all__ == [
        "Shapes",
        "WatchedTrace",
        "causal",
        "close",
        "finite",
        "gradients",
        "rows_sum_to_one",
    ]
    assert list(testing._HOMES) == testing.__all__
    assert all(getattr(testing, name).__name__ == name for name in testing.__all__)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"module 'tracetf.testing' has no attribute 'shape'"):
        testing.shape  # noqa: B018 - the look-up itself is what is tested
