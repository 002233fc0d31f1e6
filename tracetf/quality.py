"""How good translations are: right to the letter, and by the field's own measures."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any
from warnings import catch_warnings, simplefilter

from tracetf.data.pairs import TextPair
from tracetf.translate import Translator

NO_BLEU = "BLEU and chrF need sacrebleu: python -m pip install 'tracetf[bleu]'"


def has_bleu() -> bool:
    """Say whether BLEU and chrF can be computed here."""
    return find_spec("sacrebleu") is not None


def exact_match(written: Sequence[str], expected: Sequence[str]) -> float:
    """Return the share of translations that are the expected ones, to the letter."""
    return sum(map(str.__eq__, written, expected)) / len(expected)


def bleu_and_chrf(written: Sequence[str], expected: Sequence[str]) -> dict[str, Any]:
    """Return BLEU and chrF of a corpus, and the signatures by which others can compute the same.

    BLEU: Papineni et al. 2002; chrF: Popović 2015; signatures: Post 2018, whose sacrebleu computes them.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    bleu, chrf = BLEU(), CHRF()
    return {
        "bleu": bleu.corpus_score(written, [expected]).score,
        "chrf": chrf.corpus_score(written, [expected]).score,
        "bleu_signature": str(bleu.get_signature()),
        "chrf_signature": str(chrf.get_signature()),
    }


def translated(model: Translator, pairs: Sequence[TextPair]) -> list[str]:
    """Return what a model makes of the sources; words that it never met are what it is judged on, too.

    Raises:
        ValueError: a sentence that is longer than the model's positions.
    """
    with catch_warnings():
        simplefilter("ignore", UserWarning)
        return list(model.translate_all([pair.source for pair in pairs]))


def quality(model: Translator, pairs: Sequence[TextPair]) -> dict[str, Any]:
    """Return how good a model's translations are; BLEU and chrF only where sacrebleu is installed.

    Raises:
        ValueError: as `translated`.
    """
    written, expected = translated(model, pairs), [pair.target for pair in pairs]
    measured = {"exact_match": exact_match(written, expected)}
    return measured | (bleu_and_chrf(written, expected) if has_bleu() else {})
