"""Live pages: what is run is shown, and what is wrong stops the build."""

import re
from pathlib import Path

import numpy as np
import pytest

markdown = pytest.importorskip("markdown", reason="no mkdocs: install '.[docs]' to test the pages")

from docs.live import translations
from docs.live.commands import BLOCK, code, printed, quoted
from docs.live.expressions import shown
from docs.live.kept import kept
from docs.live.narrow import labelled, narrowed, staged
from docs.live.settled import same, settle
from docs.live.tables import BENCHMARKS, benchmarks, korean, said, settings
from docs.live.translations import mark
from docs.settings import table
from tracetf.trace import Event, Trace
from tracetf.training.settings import SETTINGS

EXTENSIONS = ["attr_list", "tables", "pymdownx.superfences", "docs.live"]


def rendered(page: str, language: str = "en") -> str:
    return markdown.markdown(
        page, extensions=EXTENSIONS, extension_configs={"docs.live": {"language": language}}
    )


def test_a_command_is_shown_with_what_it_prints() -> None:
    html = rendered("```run\ntracetf explain scores\n```")
    assert "tracetf" in html
    assert "Scores" in re.sub("<[^>]+>", "", html)
    assert "attention.scores" in re.sub("<[^>]+>", "", html)


def test_a_command_speaks_the_language_of_the_page() -> None:
    text = re.sub("<[^>]+>", "", rendered("```run\ntracetf explain scores\n```", "ko"))
    assert "--lang ko" in text
    assert "점수" in text


@pytest.mark.parametrize(
    ("line", "message"), [("ls", "runs tracetf alone"), ("tracetf explain nonsense", "exit code 2")]
)
def test_a_command_that_fails_stops_the_build(line, message) -> None:
    with pytest.raises(ValueError, match=message):
        printed(line)


def test_python_is_run_and_its_names_last() -> None:
    text = re.sub(
        "<[^>]+>", "", rendered("```python run\nn = 6\nn * 7\n```\n\n```python run\nprint(n + 1)\n```")
    )
    assert "42" in text
    assert text.rstrip().endswith("7")


def test_python_that_fails_stops_the_build() -> None:
    with pytest.raises(ZeroDivisionError):
        rendered("```python run\n1 / 0\n```")


def test_code_is_cut_from_the_package() -> None:
    assert code('tracetf.layers.attention.MultiHeadAttention.forward "scores =" "scaled ="').startswith(
        "scores = "
    )
    assert code("tracetf.data.korean.has_batchim").startswith("def has_batchim")


@pytest.mark.parametrize("asked", ["tracetf.nothing", 'tracetf.data.korean.has_batchim "nothing"'])
def test_code_that_is_gone_stops_the_build(asked) -> None:
    with pytest.raises(ValueError, match="not in the package any more"):
        code(asked)


def test_a_block_of_a_page_is_quoted_with_its_language() -> None:
    assert quoted("docs/testing.md\nclass Gate").startswith(
        "```python\nclass Gate(nn.Module):\n    def forward"
    )
    assert "opened=opened" in re.sub("<[^>]+>", "", rendered("```quote\ndocs/testing.md\nclass Gate\n```"))


@pytest.mark.parametrize(("start", "found"), [("nothing", 0), ("tracetf train", 4)])
def test_a_block_that_is_not_the_only_one_stops_the_build(start, found) -> None:
    with pytest.raises(ValueError, match=f"docs/training.md has {found} blocks that begin with '{start}'"):
        quoted(f"docs/training.md\n{start}")


@pytest.mark.parametrize("name", ["testing.md", "training.md"])
def test_a_korean_page_quotes_every_block_of_the_english_one(name) -> None:
    korean = (translations.DOCS / "ko" / "reference" / name).read_text("utf-8")
    shown = [quoted(block[1].strip("\n")) for block in BLOCK.finditer(korean)]
    assert shown == [block[0] for block in BLOCK.finditer((translations.DOCS / name).read_text("utf-8"))]


def test_the_tables_have_the_same_numbers_in_korean() -> None:
    assert settings("en") == table()
    assert benchmarks("en") in BENCHMARKS.read_text("utf-8")
    for made, told in ((settings, 2), (benchmarks, 1)):
        numbers = [
            [
                row.split(" | ")[told:]
                for row in made(language).replace("비교용", "beside it").splitlines()[1:]
            ]
            for language in ("en", "ko")
        ]
        assert numbers[0] == numbers[1]


def test_no_text_of_a_table_is_missing_or_stale_in_korean() -> None:
    told = {one.metadata[key] for one in SETTINGS.values() for key in ("group", "help", "unit")} - {""}
    rows = [line.split(" | ")[0][2:] for line in benchmarks("en").splitlines()[2:]]
    assert korean().keys() == told | {*rows, "measured", "wanted", "beside it"}
    with pytest.raises(ValueError, match=r"'nonsense' is not in docs/live/korean\.toml"):
        said("ko", "nonsense")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1 + 1", "2"),
        ("x[0]:.2f", "−0.50"),
        ("len(x[0:2])", "2"),
        ("x[1]:.1%", "12.3%"),
        ("f'{x[0]:+.1f}'", "-0.5"),
    ],
)
def test_an_expression_is_computed_and_written_as_said(source, text) -> None:
    assert shown(source, {"x": np.array([-0.5, 0.123]), "len": len}) == text


def test_an_expression_that_fails_stops_the_build() -> None:
    with pytest.raises(ValueError, match=r"\{\{ nothing \}\} cannot be computed"):
        rendered("It is {{ nothing }}.")


def test_expressions_in_fences_are_left_alone() -> None:
    assert "{{" in re.sub("<[^>]+>", "", rendered("```text\n{{ nothing }}\n```"))


def test_a_formula_becomes_mathml_that_needs_no_script() -> None:
    html = rendered("It is $\\sqrt{d_k} = {{ 2 + 2 }}$, and costs 5$ or 6$.\n\n$$\\frac{1}{2}$$")
    assert html.count("<math") == 2
    assert "<msqrt>" in html
    assert "costs 5$ or 6$" in html


def test_a_formula_that_is_not_tex_stops_the_build() -> None:
    with pytest.raises(ValueError, match="is not TeX"):
        rendered("It is $\\frac{1$.")


def test_a_matrix_has_labels_signs_and_what_is_masked() -> None:
    html = rendered(
        '{{ matrix([[1, -2.5], [float("-inf"), 0]], ["<a>", "b"], ["c", "d"], "t", mark=[(0, 1)]) }}'
    )
    assert "&lt;a&gt;" in html
    assert "<td" in html
    assert "−2.50" in html
    assert html.count("masked") == 1
    assert html.count("marked") == 1
    assert html.count('scope="row"') == html.count('scope="col"') == 2


def test_small_numbers_are_written_with_their_power_of_ten() -> None:
    html = rendered("{{ matrix([[1e-7, 3e-7]]) }}")
    assert "10⁻⁷" in html
    assert "3.00" in html


def test_lines_may_rise_by_factors() -> None:
    page = '{{ curves("t", "n", {"a": [(1, 1e-6), (2, 1e3)], "b": [(1, 1), (2, 2)]}, log=True) }}'
    html = rendered(page)
    assert html.count("<polyline") == 2
    assert "10⁻⁶" in html
    assert "10⁻⁶" not in rendered(page.replace(", log=True", ""))


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with one page in two languages."""
    english = "# Title { #title }\n\n{{ x }}\n"
    for language, text in (
        ("en", english),
        ("ko", f"---\nenglish: {mark(english)}\n---\n# 제목 {{ #title }}\n\n{{{{ x }}}}\n"),
    ):
        (tmp_path / language).mkdir()
        (tmp_path / language / "a.md").write_text(text, "utf-8")
    monkeypatch.setattr(translations, "DOCS", tmp_path)
    assert list(translations.faults()) == []
    return tmp_path


@pytest.mark.parametrize(
    ("language", "before", "after", "message"),
    [
        ("en", "Title", "Another", "has changed since"),
        ("ko", "#title", "#other", "different headings"),
        ("ko", "{{ x }}", "{{ y }}", "different numbers"),
        ("ko", "{{ x }}", "{{ x }}\n```run\ntracetf\n```", "different runs"),
        ("ko", "english", "englisch", "has changed since"),
    ],
)
def test_a_translation_that_went_its_own_way_is_named(pages, language, before, after, message) -> None:
    path = pages / language / "a.md"
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    assert any(fault.startswith("a.md: ") and message in fault for fault in translations.faults())


@pytest.mark.parametrize(("before", "after", "stale"), [("Prose", "Other prose", True), ("42", "43", False)])
def test_a_translation_follows_what_its_page_includes_but_no_table(
    pages, monkeypatch, before, after, stale
) -> None:
    monkeypatch.setattr(translations, "ROOT", pages)
    text = "# Two words\n\nProse.\n\n<!-- numbers -->\n| 42 |\n<!-- end of numbers -->\n"
    (pages / "b.md").write_text(text, "utf-8")
    (pages / "en" / "b.md").write_text('--8<-- "b.md"\n', "utf-8")
    (pages / "ko" / "b.md").write_text(
        "---\nenglish: 0\n---\n# 두 단어 { #two-words }\n\n글.\n\n{{ numbers() }}\n", "utf-8"
    )
    translations.main()
    assert list(translations.faults()) == []
    (pages / "b.md").write_text(text.replace(before, after), "utf-8")
    assert any("b.md: the English page has changed" in fault for fault in translations.faults()) is stale


def test_a_translation_follows_the_first_line_of_each_docstring() -> None:
    page = translations.pages("en")["reference/api.md"]
    assert "::: tracetf.shipped.load\nLoad a translator.\n" in page
    assert "\nReturn the translation of one sentence, writing the most probable piece each time.\n" in page


def test_a_missing_translation_is_named_and_a_new_mark_is_written(pages) -> None:
    (pages / "en" / "b.md").write_text("# B { #b }\n", "utf-8")
    assert "one language only" in next(translations.faults())
    (pages / "ko" / "b.md").write_text("---\nenglish: 0\n---\n# 비 { #b }\n", "utf-8")
    translations.main()
    assert list(translations.faults()) == []


def test_every_page_of_ours_is_translated() -> None:
    assert list(translations.faults()) == []


def test_a_run_is_kept_until_its_code_changes(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("docs.live.kept.ROOM", tmp_path / "runs")
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "a").write_text("b", encoding="utf-8")

    assert kept("one", make) == kept("one", make)
    assert (kept("one", make) / "a").read_text("utf-8") == "b"
    assert len(made) == 1


def test_a_part_of_a_run_and_words_for_its_axes() -> None:
    trace = Trace()
    for order, path in enumerate(("a.scores", "b.weights")):
        trace.append(Event(order, order, "forward", path, ("query", "key"), np.eye(2)))
    assert [event.path for event in narrowed(trace, "*.weights")] == ["b.weights"]
    assert labelled(trace, query=("x", "y"))["a.scores"].labels == {"query": (("x", "y"),)}
    assert staged(trace, "update 1").phases == ["update 1"]


@pytest.mark.parametrize(
    ("was", "now", "equal"),
    [
        ("0.94", "0.95", True),
        ("0.94", "0.97", False),
        ("94%", "94%", True),
        ("137", "138", True),
        ("562", "732", False),
        ("2·10⁻⁷", "4·10⁻⁷", True),
        ("0", "10⁻⁶", True),
        ("나는 학생이다.", "나는 의사다.", False),
        ("1, 2", "1, 2, 3", False),
    ],
)
def test_a_number_may_move_a_little(was, now, equal) -> None:
    assert same(was, now) is equal


def test_a_number_that_has_changed_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("docs.live.settled.SETTLED", tmp_path / "settled.json")
    monkeypatch.setattr("docs.live.settled.SHOWN", {"run: x": "1.00", "run: y": "2"})
    monkeypatch.setenv("SETTLE", "1")
    assert settle() == []
    monkeypatch.delenv("SETTLE")
    assert settle() == []
    monkeypatch.setattr("docs.live.settled.SHOWN", {"run: x": "1.50"})
    assert settle() == ["{{ run: x }} was '1.00' and is '1.50'", "{{ run: y }} was '2' and is 'nothing'"]
