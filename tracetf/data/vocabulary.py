"""Words and their numbers."""

from collections.abc import Iterable, Iterator, Sequence

PAD, START, END, UNKNOWN = range(4)
SPECIALS = ("<pad>", "<s>", "</s>", "<unk>")


class Vocabulary:
    """Number the tokens of one language: the special ones first, then the words.

    Args:
        tokens: every token in the order of its number; the first four are `<pad>`, `<s>`, `</s>`, `<unk>`.

    Raises:
        ValueError: a token listed twice, or special tokens that are not where they belong.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tuple(tokens)
        if self.tokens[: len(SPECIALS)] != SPECIALS:
            raise ValueError(
                f"vocabulary begins with {_listed(self.tokens[: len(SPECIALS)])}; "
                f"it must begin with {_listed(SPECIALS)}: put them there, or use Vocabulary.from_sentences"
            )
        self._ids: dict[str, int] = {}
        for number, token in enumerate(self.tokens):
            first = self._ids.setdefault(token, number)
            if first != number:
                raise ValueError(
                    f"vocabulary lists {token!r} twice, at {first} and {number}; every token may stand once"
                )

    @classmethod
    def from_sentences(cls, sentences: Iterable[Iterable[str]]) -> "Vocabulary":
        """Number every word of some sentences, in the order of the alphabet."""
        words = {word for sentence in sentences for word in sentence}
        return cls([*SPECIALS, *sorted(words)])

    def __len__(self) -> int:
        return len(self.tokens)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Turn tokens into numbers; one that is not listed becomes `<unk>`."""
        return [self._ids.get(token, UNKNOWN) for token in tokens]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Turn numbers into tokens.

        Raises:
            ValueError: a number that no token has.
        """
        return [self._token(number) for number in ids]

    def unknown(self, tokens: Iterable[str]) -> list[str]:
        """List the tokens that are not in the vocabulary, each once, in the order met."""
        return [token for token in dict.fromkeys(tokens) if token not in self]

    def _token(self, number: int) -> str:
        if not 0 <= number < len(self):
            raise ValueError(f"token {number} does not exist; this vocabulary numbers 0 to {len(self) - 1}")
        return self.tokens[number]


def _listed(tokens: Sequence[str]) -> str:
    return " ".join(tokens) or "nothing"
