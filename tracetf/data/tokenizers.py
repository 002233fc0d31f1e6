"""Which tokenizers there are: made from sentences, and made again from what a file says."""

from collections.abc import Iterable, Sequence
from itertools import chain

from tracetf.data.grammar import Pair
from tracetf.data.pairs import TextPair
from tracetf.data.subwords import Subwords
from tracetf.data.tokens import EnglishWords, KoreanPieces, Tokenizer, Words
from tracetf.data.vocabulary import Vocabulary

KINDS: dict[str, type[Tokenizer]] = {
    kind.kind: kind for kind in (EnglishWords, KoreanPieces, Words, Subwords)
}


def morphemes(corpus: Iterable[Pair]) -> tuple[Tokenizer, Tokenizer]:
    """Return tokenizers of the words and pieces of the built-in corpus, for source and target."""
    sources, targets = zip(*((pair.source, pair.target) for pair in corpus), strict=True)
    return EnglishWords(Vocabulary.from_sentences(sources)), KoreanPieces(Vocabulary.from_sentences(targets))


def learned(kind: str, pairs: Sequence[TextPair], size: int) -> tuple[Tokenizer, Tokenizer]:
    """Return tokenizers made from sentence pairs, for source and target; with subwords, one for both.

    Args:
        kind: `words` or `subwords`.
        size: most tokens in a vocabulary, the special ones among them.

    Raises:
        ValueError: another kind; too few sentences or tokens for subwords.
    """
    sources, targets = ([pair[side] for pair in pairs] for side in (0, 1))
    if kind == Words.kind:
        return Words.learned(sources, size), Words.learned(targets, size)
    if kind == Subwords.kind:
        both = Subwords.learned(chain(sources, targets), size)
        return both, both
    raise ValueError(
        f"tokens={kind!r} cannot be learned from text, and morphemes are known of the built-in corpus "
        "alone, which says where they begin and end; take words or subwords"
    )


def restored(kind: str, tokens: Sequence[str]) -> Tokenizer:
    """Return the tokenizer that a file describes.

    Raises:
        ValueError: an unknown kind, or a vocabulary that is not of its kind.
    """
    if kind not in KINDS:
        raise ValueError(f"nothing cuts text into {kind!r:.60}, only into {', '.join(KINDS)}")
    return KINDS[kind](Vocabulary(tokens))
