"""Sentences to tokens and back, in four ways; what a translator holds for each of its two languages."""

import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import ClassVar, Self

from tracetf.data import english, korean
from tracetf.data.korean import GLUE
from tracetf.data.text import plain
from tracetf.data.vocabulary import SPECIALS, Vocabulary


class Tokenizer(ABC):
    """Cut the sentences of one language into tokens, and make sentences of tokens.

    Args:
        vocabulary: every token that has a number.
    """

    kind: ClassVar[str]

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    @abstractmethod
    def tokens(self, sentence: str) -> list[str]:
        """Cut a sentence into tokens, known and unknown ones."""

    @abstractmethod
    def text(self, tokens: Iterable[str]) -> str:
        """Make a sentence of tokens."""


class EnglishWords(Tokenizer):
    """Cut English as the built-in corpus writes it: lower case, no contractions, one end mark."""

    kind = "english words"

    def tokens(self, sentence: str) -> list[str]:
        return english.tokens(sentence)

    def text(self, tokens: Iterable[str]) -> str:
        return english.detokenize(tokens)


class KoreanPieces(Tokenizer):
    """Cut Korean into the stems, particles and endings of the built-in corpus, as few a word as possible."""

    kind = "korean pieces"

    def tokens(self, sentence: str) -> list[str]:
        return korean.pieces(sentence, self.vocabulary)

    def text(self, tokens: Iterable[str]) -> str:
        return korean.detokenize(tokens)


class Words(Tokenizer):
    """Cut any language that writes spaces into words and single marks; nothing is lost but unknown words.

    What stands at no space begins with `##`, as Korean pieces do: `“Hello”, he said.` is
    `“ ##Hello ##” ##, he said ##.`
    """

    kind = "words"

    @classmethod
    def learned(cls, sentences: Iterable[str], size: int) -> Self:
        """Number the most frequent words of some sentences.

        Args:
            size: most tokens to number, the four special ones among them.
        """
        counted = Counter(word for sentence in sentences for word in _words(sentence))
        often = sorted(counted, key=lambda word: (-counted[word], word))
        return cls(Vocabulary([*SPECIALS, *often[: max(0, size - len(SPECIALS))]]))

    def tokens(self, sentence: str) -> list[str]:
        return _words(sentence)

    def text(self, tokens: Iterable[str]) -> str:
        return "".join(
            token.removeprefix(GLUE) if token.startswith(GLUE) else f" {token}" for token in tokens
        ).removeprefix(" ")


def _words(sentence: str) -> list[str]:
    return [word for chunk in plain(sentence).split() for word in _glued(chunk)]


def _glued(chunk: str) -> Sequence[str]:
    runs = groupby(chunk, _is_mark)
    first, *others = (word for mark, run in runs for word in (run if mark else ["".join(run)]))
    return [first, *(GLUE + word for word in others)]


@cache
def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
