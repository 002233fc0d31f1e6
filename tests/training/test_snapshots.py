"""How attention learns: a trace of one sentence, again and again, that changes nothing."""

import pytest

from tracetf import read_trace
from tracetf.data.pairs import TextPair
from tracetf.snapshots import Snapshots
from tracetf.training.lessons import Lessons, snapshot_pair
from tracetf.training.opening import begin


def test_snapshots_are_traces_that_change_no_bit(small, tmp_path, bits):
    plain, watched = begin(tmp_path / "plain", small()), begin(tmp_path / "watched", small(snapshots=10))
    for _ in plain.train():
        pass
    pair = snapshot_pair(watched.settings, watched.pairs)
    for _ in watched.train(Snapshots(tmp_path / "snapshots", pair)):
        pass
    assert bits(plain.model) == bits(watched.model)
    paths = sorted((tmp_path / "snapshots").iterdir())
    assert [path.name for path in paths] == [f"step-{step:08}.safetensors" for step in (0, 10, 20)]
    traces = [read_trace(path) for path in paths]
    assert [trace.phases for trace in traces] == [["step 0"], ["step 10"], ["step 20"]]
    weights = [trace["decoder.layers.0.cross_attention.weights"] for trace in traces]
    assert len({one.value.tobytes() for one in weights}) == 3
    [words] = weights[0].labels["key"]
    known = watched.model.source
    assert list(words) == known.decode(known.encode(watched.model.reader.tokens(pair.source)))
    assert all(one.labels == weights[0].labels for one in weights)


PAIRS = Lessons([TextPair("a", "가")], [TextPair("b", "나"), TextPair("c", "다")])


@pytest.mark.parametrize(
    ("sentence", "target", "found"),
    [("", "", ("b", "나")), ("c", "", ("c", "다")), ("a", "", ("a", "가")), ("x", "하", ("x", "하"))],
)
def test_the_sentence_is_the_first_held_out_or_the_one_named(small, sentence, target, found):
    asked = small(snapshots=1, snapshot_sentence=sentence, snapshot_target=target)
    assert snapshot_pair(asked, PAIRS) == found


def test_a_sentence_without_a_known_translation_is_refused(small):
    with pytest.raises(ValueError, match="snapshot_sentence='x' is in no pair; give its translation with"):
        snapshot_pair(small(snapshots=1, snapshot_sentence="x"), PAIRS)
