"""Quality as the field measures it."""

from collections import Counter
from collections.abc import Sequence
from math import exp, log
from statistics import fmean

import pytest

from tracetf import quality
from tracetf.data.pairs import TextPair
from tracetf.translate import Translator

WRITTEN = ["the cat sat on the mat .", "a dog", "nothing of this"]
EXPECTED = ["the cat sat on the mat .", "a dog ran away", "something else entirely"]


def test_exact_match_is_to_the_letter() -> None:
    assert quality.exact_match(WRITTEN, EXPECTED) == pytest.approx(1 / 3)
    assert quality.exact_match(["나는 간다."], ["나는 간다"]) == 0


def grams(sentence: str, size: int) -> Counter[tuple[str, ...]]:
    words = sentence.split()
    return Counter(tuple(words[first : first + size]) for first in range(len(words) - size + 1))


def test_bleu_is_the_papers_formula() -> None:
    """Papineni et al. 2002: clipped n-gram precisions 1 to 4, their geometric mean, the brevity penalty."""
    precisions = []
    for size in range(1, 5):
        counted = [
            (grams(one, size), grams(other, size)) for one, other in zip(WRITTEN, EXPECTED, strict=True)
        ]
        matched = sum((one & other).total() for one, other in counted)
        precisions.append(matched / sum(one.total() for one, _ in counted))
    written, expected = (sum(len(one.split()) for one in side) for side in (WRITTEN, EXPECTED))
    bleu = 100 * exp(fmean(map(log, precisions))) * exp(1 - expected / written)
    measured = quality.bleu_and_chrf(WRITTEN, EXPECTED)
    assert measured["bleu"] == pytest.approx(bleu)
    assert 0 < measured["chrf"] < 100
    assert "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:" in measured["bleu_signature"]
    assert "nc:6|nw:0" in measured["chrf_signature"]


def test_without_sacrebleu_the_rest_is_measured(
    translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "has_bleu", lambda: False)
    pairs: Sequence[TextPair] = [TextPair("I am a student.", "나는 학생이다."), TextPair("zebra", "얼룩말")]
    assert quality.quality(translator, pairs) == {"exact_match": 0.0}
