"""What is learned from and what is judged by: held out, damaged, too long, too few."""

from dataclasses import replace

import pytest

from tracetf.data.pairs import TextPair
from tracetf.training.lessons import read_lessons
from tracetf.training.opening import begin


def test_pairs_are_held_out_by_the_seed_and_never_learned_from(small, pair_file):
    first, again, other = (read_lessons(small(seed=seed)) for seed in (0, 0, 1))
    assert first == again != other
    assert len(first.held_out) == 10
    assert not {pair.source for pair in first.held_out} & {pair.source for pair in first.learned}
    assert first.digest == again.digest != other.digest


def test_a_file_of_its_own_may_be_judged_by(small, tmp_path):
    (tmp_path / "v.tsv").write_text("i am a student .\t나는 학생이다.\n", encoding="utf-8")
    run = begin(tmp_path / "run", small(validation=str(tmp_path / "v.tsv")))
    assert run.pairs.held_out == [TextPair("i am a student .", "나는 학생이다.")]
    assert run.model.provenance["validation"] == "v.tsv"


def test_pairs_that_are_too_long_are_left_out_and_counted(small, tmp_path):
    run = begin(tmp_path, small(longest=8))
    assert 0 < run.too_long < 90
    assert len(run.learned) + run.too_long == len(run.pairs.learned)
    assert max(len(side) for pair in run.learned for side in pair) == 7
    with pytest.raises(ValueError, match="no pair has less than longest=2 tokens; let longest be more"):
        begin(tmp_path / "other", small(longest=2))


@pytest.mark.parametrize("damage", ["no tab here", "\t나", "a\t나\x07"])
def test_damaged_pairs_are_named_and_left_out_if_asked(small, pair_file, tmp_path, damage):
    lines = pair_file.read_text("utf-8").splitlines()
    (tmp_path / "bad.tsv").write_text("\n".join([*lines[:4], damage, *lines[4:]]), encoding="utf-8")
    settings = small(data=str(tmp_path / "bad.tsv"))
    with pytest.raises(ValueError, match=r"bad.tsv: 1 of 101 lines are damaged: line 5 .*; mend them"):
        begin(tmp_path / "run", settings)
    assert not (tmp_path / "run").exists()
    run = begin(tmp_path / "run", replace(settings, damaged="skip"))
    assert "1 of 101 lines are damaged: line 5" in run.pairs.notes[0]
    assert len(run.pairs.learned) + 10 <= 100


def test_too_few_pairs_to_hold_some_out_are_refused(small, tmp_path):
    with pytest.raises(
        ValueError, match="held_out=51 of 100 pairs leaves too few to learn from; hold fewer out"
    ):
        begin(tmp_path, small(held_out=51))
