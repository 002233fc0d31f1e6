"""English text to words, and words to text."""

import re
from collections.abc import Iterable

from tracetf.data.text import END_MARKS, cut, ended, normal

_OPENERS = {"do", "does", "did", "am", "is", "are", "was", "were", "will", "what", "where", "who"}

# what the corpus never writes, and how it writes the same; the last one brings `not` behind the subject
_REWRITTEN = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"\bwon't\b", "will not"),
        (r"\b(do|does|did|is|are|was|were)n't\b", r"\1 not"),
        (r"\bi'm\b", "i am"),
        (r"\b(you|we|they|who|what|where)'re\b", r"\1 are"),
        (r"\b(he|she|it|that|who|what|where)'s\b", r"\1 is"),
        (r"\b(\w+)'ll\b", r"\1 will"),
        (
            r"^((?:(?:what|where|who) )?(?:do|does|did|will)|is|are|was|were) not "
            r"(i|you|he|she|we|they|(?:the|an?) \w+)\b",
            r"\1 \2 not",
        ),
    )
)


def tokens(text: str) -> list[str]:
    """Cut English text into the words the corpus is made of.

    Case, spacing, contractions and a missing end mark are put right; what is no contraction we know stays
    whole, so that it can be named as unknown.
    """
    plain = normal(text).lower()
    for pattern, replacement in _REWRITTEN:
        plain = pattern.sub(replacement, plain)
    words = cut(plain)
    return ended(words, asks=words[:1] != [] and words[0] in _OPENERS)


def detokenize(words: Iterable[str]) -> str:
    """Join words into a printed sentence: a capital first, a capital I, the end mark at the last word."""
    text = ""
    for word in words:
        text += word if word in END_MARKS else f" {'I' if word == 'i' else word}"
    text = text.strip()
    return text[:1].upper() + text[1:]
