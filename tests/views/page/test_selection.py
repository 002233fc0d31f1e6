"""What of a run goes into a page, and what the page says of the rest."""

from dataclasses import replace

import numpy as np
import pytest

from tracetf.trace import Trace
from tracetf.views.page import page, write_page
from tracetf.views.page.facts import Describer
from tracetf.views.page.selection import BUDGET, Selection, select
from tracetf.views.story import Wish
from tracetf.words import LANGUAGES, words


def keys(chosen: Selection) -> list[str]:
    return [note.key for note in chosen.notes]


def test_the_canonical_page_takes_at_most_200_kilobytes(canonical_page) -> None:
    assert len(canonical_page.encode()) <= 200_000


def test_a_page_with_everything_in_it_stays_within_its_budget(canonical) -> None:
    chosen = select(canonical, Wish(full=True), BUDGET)
    assert (len(chosen.events), keys(chosen)) == (len(canonical), [])
    assert {name.rpartition(".")[2] for name in chosen.parameters} >= {"W_Q", "gamma", "weight"}
    assert len(page(canonical, Wish(full=True)).encode()) <= BUDGET


def test_phases_that_are_the_first_rows_of_the_last_are_left_out(canonical) -> None:
    chosen = select(canonical, Wish(), BUDGET)
    assert {event.phase for event in chosen.events} == {"encode", "decode 6"}
    assert keys(chosen) == ["note_repeated", "note_weights"]
    assert chosen.notes[0].blanks == {"phases": "decode 1 … decode 5", "last": "decode 6"}
    assert all(len(shape) == 1 for shape in chosen.parameters.values())


def test_a_phase_that_differs_in_one_number_is_kept(canonical, planted) -> None:
    event = canonical["decoder.layers.1.feed_forward.hidden", "decode 3"]
    chosen = select(planted(canonical, event, event.value + 0.001), Wish(), BUDGET)
    assert {event.phase for event in chosen.events} == {"encode", "decode 3", "decode 6"}


def test_phases_of_cached_decoding_are_all_kept(runs) -> None:
    chosen = select(runs["cached"], Wish(), BUDGET)
    assert len(chosen.events) == len(runs["cached"])


def test_what_matches_comes_with_what_it_read(canonical) -> None:
    wish = Wish(only="*.layers.0.cross_attention.[QK]", phase="decode 2")
    chosen = select(canonical, wish, BUDGET)
    assert [event.path for event in chosen.events] == [
        "encoder.layers.1.feed_forward_norm.output",
        "decoder.layers.0.self_attention_norm.output",
        "decoder.layers.0.cross_attention.Q",
        "decoder.layers.0.cross_attention.K",
    ]
    assert {
        "decoder.layers.0.cross_attention.W_Q",
        "decoder.layers.0.cross_attention.W_K",
    } <= chosen.parameters.keys()


@pytest.mark.parametrize(
    ("budget", "reasons"),
    [
        (1_000_000, ["note_weights"]),
        (500_000, ["note_weights", "note_half"]),
        (200_000, ["note_weights", "note_half", "note_layer"]),
        (40_000, ["note_weights", "note_half", "note_layer", "note_outcomes"]),
    ],
)
def test_a_smaller_budget_leaves_out_more_and_says_so(canonical, budget, reasons) -> None:
    chosen = select(canonical, Wish(full=True), budget)
    assert keys(chosen) == reasons
    assert chosen.size <= budget
    assert len(Describer(canonical, chosen).text()) <= budget + 60_000  # words and names come on top


def test_of_a_batch_only_the_first_sentence_may_be_kept(runs) -> None:
    run = runs["eval"]
    whole = select(run, Wish(full=True), BUDGET)
    chosen = select(run, Wish(full=True), round(whole.size * 0.26))
    assert "note_sentence" in keys(chosen)
    assert chosen.size < whole.size / 2
    assert Describer(run, chosen).explainable() > 0


def test_what_does_not_fit_at_all_is_refused(canonical) -> None:
    with pytest.raises(ValueError, match=r"a page of 1,000 bytes cannot hold even .*; narrow it with --only"):
        select(canonical, Wish(), 1000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(language) -> None:
    told = words(language).page
    reasons = ("weights", "narrowed", "unrecorded", "summary", "shape")
    assert all(told[f"missing_{reason}"] for reason in reasons)
    notes = ("repeated", "weights", "half", "sentence", "layer", "outcomes")
    assert all(told[f"note_{note}"] for note in notes)


def test_the_reasons_stand_in_the_page(opened, canonical) -> None:
    with opened(page(canonical, Wish(full=True), budget=200_000), "#lang=en") as seen:
        told = seen.text(".proof")
        found = seen.recompute()
    assert "rounded to float16" in told
    assert "only layer 0" in told
    assert found["recomputed"] == found["agreeing"]


def test_what_was_not_recorded_is_said(opened, canonical) -> None:
    narrow = Trace(canonical.parameters, canonical.constants, canonical.dimensions, canonical.vocabularies)
    for event in canonical.select("*.weights"):
        narrow.append(event)
    with opened(page(narrow)) as seen:
        assert "masked was not recorded" in seen.text(".account")


def test_of_statistics_nothing_is_recomputed(opened, canonical) -> None:
    trace = Trace(canonical.parameters, canonical.constants, canonical.dimensions, canonical.vocabularies)
    for event in canonical.select("encoder.layers.0.self_attention.*"):
        summary = event.name == "masked"
        known = {
            "axes": ("statistic",),
            "value": np.zeros(5, np.float32),
            "labels": {"statistic": (tuple("abcde"),)},
        }
        trace.append(replace(event, **known) if summary else event)
    with opened(page(trace), "#step=encoder.layers.0.self_attention.masked") as seen:
        assert "Only a summary" in seen.text(".account")
        seen.go("#step=encoder.layers.0.self_attention.weights")
        assert "recorded as a summary only" in seen.text(".account")
        found = seen.recompute()
    assert found["recomputed"] == Describer(trace, select(trace, Wish(), BUDGET)).explainable()


def test_a_page_is_written_whole_or_not_at_all(canonical, tmp_path) -> None:
    write_page(canonical, tmp_path / "run.html", Wish(only="*.weights"), "ko")
    assert '<html lang="ko"' in (tmp_path / "run.html").read_text(encoding="utf-8")
    with pytest.raises(OSError, match="nowhere"):
        write_page(canonical, tmp_path / "nowhere" / "run.html")
    assert [file.name for file in tmp_path.iterdir()] == ["run.html"]


def learned_by(model, sentence: str) -> Trace:
    from tracetf.recorder import record
    from tracetf.training.watched import Pupil

    pupil = Pupil(model, sentence)
    with record(pupil.model) as trace:
        pupil.step()
    return trace


def test_of_a_training_step_the_update_of_one_weight_is_kept(opened) -> None:
    import tracetf

    trace = learned_by(tracetf.load(), "I am a student")
    chosen = select(trace, Wish(), BUDGET)
    assert keys(chosen) == ["note_weights", "note_update"]
    learned = {event.module for event in chosen.events if event.step.room in ("gradient", "adam")}
    watched = "decoder.layers.0.cross_attention.W_Q"
    assert learned == {"gradient", f"{watched}.gradient", f"{watched}.adam"}
    with opened(page(trace), f"#step={watched}.adam.after&head=1&cell=2.3") as seen:
        assert seen.text(".account .agrees").startswith("✓")
        told = seen.page.locator(".training dd").all_inner_texts()
        values = [float(trace[path].value) for path in ("loss.loss", "gradient.norm", "schedule.rate")]
        assert [float(one.replace("−", "-")) for one in told] == pytest.approx(values, rel=1e-3)
        assert seen.page.locator(".training .bars tr").count() == 6
        seen.page.locator(".training p .link").click()
        after = trace[f"{watched}.adam.after"].value
        index = tuple(map(int, seen.text(".training p .link").split("[")[1].rstrip("]").split(",")))
        sizes = np.abs(trace[f"{watched}.gradient.clipped"].value)
        assert sizes.argmax() == np.ravel_multi_index(index, after.shape)
        seen.go("#step=decoder.layers.0.cross_attention.weights&head=1&cell=0.0")
        assert "∂ loss / ∂ weights" in seen.page.locator(".input figcaption").last.inner_text()
        assert seen.errors == []
