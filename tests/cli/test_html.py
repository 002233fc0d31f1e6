"""`--html` and `--open` as a person uses them."""

import sys
import warnings
import webbrowser

import pytest

from tracetf.cli import main
from tracetf.recorder import record
from tracetf.translate import Translator


@pytest.fixture
def run(monkeypatch, capsys, tmp_path, translator: Translator):
    """Run `tracetf show` on a small run, in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    with record(translator) as trace:
        translator.force("I am a student.", "나는 학생이다.")
    trace.save("run.safetensors")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tracetf", "show", "run.safetensors", *words])
        try:
            main()
        except SystemExit as end:
            return end.code, *capsys.readouterr()
        return 0, *capsys.readouterr()

    return run


def test_html_writes_a_page_and_still_tells_the_run(run, tmp_path):
    code, out, err = run("--html", "run.html", "--lang", "ko")
    assert (code, err) == (0, "")
    assert "순방향" in out
    assert 'lang="ko"' in (tmp_path / "run.html").read_text(encoding="utf-8")


def test_open_opens_the_page(run, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    assert run("--html", "a page.html", "--open")[0] == 0
    assert opened == [(tmp_path / "a page.html").as_uri()]


def test_without_a_browser_the_page_is_named(run, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        code, _, err = run("--html", "run.html", "--open")
    assert (code, err) == (0, "warning: no browser could be opened; open run.html yourself\n")


def test_open_without_a_page_is_refused(run):
    code, _, err = run("--open")
    assert code == 2
    assert err == "error: --open has no page to open\n\nhint: add --html FILE\n"


def test_full_puts_the_weights_in_and_only_leaves_the_rest_out(run, tmp_path):
    sizes = {}
    for words in ((), ("--full",), ("--only", "*.weights")):
        run(*words, "--html", "run.html")
        sizes[words] = (tmp_path / "run.html").stat().st_size
    assert sizes[("--only", "*.weights")] < sizes[()] < sizes[("--full",)]


def test_a_page_that_cannot_be_written_is_named(run):
    code, _, err = run("--html", "nowhere/run.html")
    assert code == 2
    assert err.startswith("error: nowhere: no such folder")
