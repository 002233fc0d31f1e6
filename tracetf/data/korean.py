"""Korean text to pieces, pieces to text, and the one rule that chooses particles.

A piece that begins with `##` is glued to the one on its left: `나 ##는 학생 ##이다 .` is 나는 학생이다.
"""

from collections.abc import Collection, Iterable
from typing import Literal

from tracetf.data.text import END_MARKS, cut, ended, normal

GLUE = "##"
QUESTION_ENDINGS = ("##니", "##이니")

Use = Literal["topic", "subject", "object", "is", "is?", "was"]

# after a final consonant, after a vowel
PARTICLES: dict[Use, tuple[str, str]] = {
    "topic": ("##은", "##는"),
    "subject": ("##이", "##가"),
    "object": ("##을", "##를"),
    "is": ("##이다", "##다"),
    "is?": ("##이니", "##니"),
    "was": ("##이었", "##였"),
}


def has_batchim(word: str) -> bool:
    """Tell whether a word ends in a consonant (받침): Unicode lists 28 endings a syllable, the first is none.

    Raises:
        ValueError: the last character is no Hangul syllable.
    """
    if not "가" <= word[-1:] <= "힣":
        raise ValueError(f"{word!r} does not end in a Hangul syllable; write the noun in Hangul, 가 to 힣")
    return (ord(word[-1]) - 0xAC00) % 28 != 0


def particle(use: Use, noun: str) -> str:
    """Choose the particle, or the form of 이다, that follows a noun."""
    closed, opened = PARTICLES[use]
    return closed if has_batchim(noun) else opened


def detokenize(pieces: Iterable[str]) -> str:
    """Join pieces into text; nothing is composed, so nothing is lost."""
    text = ""
    for piece in pieces:
        if piece.startswith(GLUE):
            text += piece.removeprefix(GLUE)
        else:
            text += piece if piece in END_MARKS else f" {piece}"
    return text.strip()


def pieces(text: str, vocabulary: Collection[str]) -> list[str]:
    """Cut Korean text into the pieces of a vocabulary, as few a word as possible.

    A word that cannot be cut stays whole, so that it can be named as unknown.
    """
    longest = max(map(len, vocabulary), default=0)
    found = [piece for word in cut(normal(text)) for piece in _word_pieces(word, vocabulary, longest)]
    return ended(found, asks=found[-1:] != [] and found[-1] in QUESTION_ENDINGS)


def _word_pieces(word: str, vocabulary: Collection[str], longest: int) -> list[str]:
    """Cut one word by dynamic programming; of two shortest ways, the one with the longer last piece."""
    best: list[list[str] | None] = [[]]
    for end in range(1, len(word) + 1):
        ways = []
        for start in range(max(0, end - longest), end):
            piece = (GLUE if start else "") + word[start:end]
            before = best[start]
            if before is not None and piece in vocabulary:
                ways.append([*before, piece])
        best.append(min(ways, key=len, default=None))
    return best[-1] or [word]
