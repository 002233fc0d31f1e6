"""`tracetf experiment`: tables that fit, pictures that are whole, mistakes that are told."""

from xml.etree import ElementTree

import pytest
from rich.cells import cell_len

from tracetf.cli.findings import FINDINGS
from tracetf.experiments import EXPERIMENTS, cost, gradients, length, parameters, paths
from tracetf.experiments.length import ALL, Lengths, Score
from tracetf.words import words

TOLD = {
    "length": ("gru-attention", "58.8%", "1.407"),
    "gradients": ("RNN σ, g = 1", "LSTM, b_f = 3", "n = 4", "Transformer"),
    "paths": ("n² · d", "log_k(n)", "32"),
    "cost": ("524,288", "4,194,304", "k · n · d²", "r · n · d", "n = 128"),
    "parameters": ("8,256", "24,832", "33,024", "8,320", "24,960", "33,280"),
    "neighbours": ("BatchNorm, training", "the poet likes an actor"),
}
WITHOUT_CURVES = ("parameters", "neighbours")


@pytest.fixture(scope="module")
def costs() -> cost.Cost:
    return cost.measure()


@pytest.fixture
def quick(monkeypatch, costs):
    """Let what takes seconds measure less; its numbers have tests of their own."""
    scores = {ALL: Score(0.5875, 1.407), 4: Score(0.9, 1.2), 10: Score(1, 0.07)}
    found = Lengths({4: 10, 10: 1390}, dict.fromkeys(("bigram", "gru", "gru-attention", "student"), scores))
    drawn = gradients.measure((1, 4), seeds=1)
    monkeypatch.setattr(length, "measure", lambda: found)
    monkeypatch.setattr(gradients, "measure", lambda: drawn)
    monkeypatch.setattr(cost, "measure", lambda: costs)


def test_every_experiment_can_be_asked_for_and_is_in_the_help(run):
    assert list(EXPERIMENTS) == list(FINDINGS) == list(TOLD)
    told = run("experiment", "--help").out
    for name, question in EXPERIMENTS.items():
        assert f"{name:11} {question}" in told
    assert max(map(len, told.splitlines())) <= 100
    assert "experiment " in run("--help").out


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_what_it_found_is_told_in_both_languages_within_80_columns(run, quick, name, lang):
    code, out, err = run("experiment", name, "--lang", lang)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert not any(line.endswith(" ") for line in lines)
    assert lines[0] == words(lang).screen[f"{name}_title"].format(d=64, size=64)
    for part in TOLD[name]:
        assert part in out


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in WITHOUT_CURVES])
def test_its_picture_is_whole(run, quick, tmp_path, name):
    assert run("experiment", name, "--picture", "found.svg", "--lang", "ko").code == 0
    root = ElementTree.fromstring((tmp_path / "found.svg").read_text(encoding="utf-8"))
    lines = list(root.iter("{http://www.w3.org/2000/svg}polyline"))
    shown = {"length": 4, "gradients": 11, "paths": 4, "cost": 5}
    assert len(lines) == shown[name]
    assert [path.name for path in tmp_path.iterdir()] == ["found.svg"]


def test_the_costs_that_are_told_are_those_that_were_counted(run, quick, costs):
    out = run("experiment", "cost").out
    for place, length_of_sentence in enumerate(costs.lengths):
        row = next(line.split() for line in out.splitlines() if line.startswith(f"{length_of_sentence} "))
        counted = [costs.between, costs.attention, *costs.recurrent.values()]
        assert row[1:] == [f"{column[place]:,}" for column in counted]


def test_the_paths_and_the_parameters_that_are_told_are_those_that_were_counted(run):
    rows = [line.split() for line in run("experiment", "paths").out.splitlines()]
    found = paths.measure()
    for n, rnn, attention in zip(found.lengths, found.recurrent, found.attention, strict=True):
        assert [*map(str, (n, rnn.distance, rnn.steps, attention.distance, attention.steps))] in rows
    told = [line.split() for line in run("experiment", "parameters").out.splitlines()]
    counted = parameters.measure()
    for ratio, name in ((1, "RNN"), (3, "GRU"), (4, "LSTM")):
        assert [name, f"{counted.ours[name]:,}", f"{counted.torch[name]:,}", str(ratio)] in told


@pytest.mark.parametrize("name", WITHOUT_CURVES)
def test_a_picture_of_no_curves_is_refused(run, tmp_path, name):
    code, out, err = run("experiment", name, "--picture", "found.svg")
    assert (code, out) == (2, "")
    assert f"error: the experiment {name} has no curves to draw\n\nhint: leave --picture out" in err
    assert not list(tmp_path.iterdir())


def test_a_picture_that_is_no_svg_is_refused(run):
    code, _, err = run("experiment", "paths", "--picture", "found.png")
    assert code == 2
    assert "error: found.png is no name for a picture\n\nhint: pictures are SVG" in err


def test_an_unknown_experiment_is_refused_with_those_there_are(run):
    code, _, err = run("experiment", "lengthy")
    assert code == 2
    assert "'lengthy' is not one of 'length', 'gradients', 'paths'" in err
    assert "hint: see 'tracetf experiment --help'" in err


def test_a_folder_that_is_not_there_is_told(run):
    code, _, err = run("experiment", "paths", "--picture", "nowhere/found.svg")
    assert code == 2
    assert "nowhere" in err
