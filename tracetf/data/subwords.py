"""Subwords by byte-pair encoding, as the paper has them (section 5.1): sentencepiece learns and cuts them."""

from collections.abc import Iterable
from io import BytesIO
from itertools import chain
from struct import pack
from typing import Self

from tracetf.data.text import plain
from tracetf.data.tokens import Tokenizer
from tracetf.data.vocabulary import END, PAD, SPECIALS, START, UNKNOWN, Vocabulary

BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
FIRST = len(SPECIALS) + len(BYTES)
COVERAGE = 0.9995
LONGEST_SENTENCE = 1 << 20
# sentencepiece writes the space that a word begins with as ▁, and cannot tell a real one from it
SPACE, SIMILAR = "▁", "_"

# the kinds of pieces in sentencepiece_model.proto
NORMAL, NO_WORD, CONTROL, BYTE = 1, 2, 3, 6


class Subwords(Tokenizer):
    """Cut text of any language into frequent parts of words, and what is in none of them into bytes.

    Nothing is unknown, and nothing is lost but what `normal` puts right. The vocabulary says everything: a
    pair of neighbours that stands earlier in it is joined first. So no file needs to hold sentencepiece's
    own model, whose reader was not written for files from strangers.

    Args:
        vocabulary: the special tokens, the 256 bytes, then subwords in the order in which they were learned.

    Raises:
        ValueError: a vocabulary of anything else.
    """

    kind = "subwords"

    def __init__(self, vocabulary: Vocabulary) -> None:
        from sentencepiece import SentencePieceProcessor  # 46 ms that nobody else shall wait

        super().__init__(vocabulary)
        try:
            if vocabulary.tokens[len(SPECIALS) : FIRST] != BYTES:
                raise ValueError(f"{BYTES[0]} to {BYTES[-1]} do not stand after the special tokens")
            if SPACE not in vocabulary:
                raise ValueError(f"the space {SPACE} is missing")
            self._processor = SentencePieceProcessor(model_proto=_model(vocabulary))
        except (ValueError, RuntimeError) as error:
            raise ValueError(
                f"this is no vocabulary of subwords: {str(error).rstrip('.')}; "
                "learn one with Subwords.learned"
            ) from error

    @classmethod
    def learned(cls, sentences: Iterable[str], size: int) -> Self:
        """Learn subwords from sentences, always the same from the same.

        Args:
            size: most tokens to number, special ones and bytes among them; fewer where the text has no more.

        Raises:
            ValueError: no text, or a size too small for its characters.
        """
        from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

        model = BytesIO()
        try:
            SentencePieceTrainer.train(
                sentence_iterator=map(normal, sentences),
                model_writer=model,
                model_type="bpe",
                vocab_size=size,
                hard_vocab_limit=False,
                byte_fallback=True,
                character_coverage=COVERAGE,
                required_chars=SPACE,
                normalization_rule_name="identity",
                max_sentence_length=LONGEST_SENTENCE,
                num_threads=1,
                minloglevel=2,
                pad_id=PAD,
                bos_id=START,
                eos_id=END,
                unk_id=UNKNOWN,
            )
        except RuntimeError as error:
            reason = str(error).rpartition("] ")[2].partition(". Increase")[0] or "it has no words"
            raise ValueError(
                f"no {size:,} subwords can be learned from this text: {reason}; "
                f"give more text, or ask for more subwords (the first {FIRST} are special tokens and bytes)"
            ) from error
        learned = SentencePieceProcessor(model_proto=model.getvalue())
        return cls(Vocabulary(learned.id_to_piece(list(range(len(learned))))))

    def tokens(self, sentence: str) -> list[str]:
        pieces: list[str] = self._processor.encode(normal(sentence), out_type=str)
        return pieces

    def text(self, tokens: Iterable[str]) -> str:
        return normal(self._processor.decode([token for token in tokens if token not in SPECIALS]))


def normal(text: str) -> str:
    """Write the same text one way: as `plain` does, and the sign ▁, which stands for a space, as _."""
    return plain(text).replace(SPACE, SIMILAR)


def _model(vocabulary: Vocabulary) -> bytes:
    """Return the model of sentencepiece that has these pieces, as sentencepiece_model.proto lays it out."""
    specials = (CONTROL, CONTROL, CONTROL, NO_WORD)
    kinds = chain(specials, [BYTE] * len(BYTES), [NORMAL] * (len(vocabulary) - FIRST))
    pieces = [
        _message(1, _message(1, piece.encode()) + _score(min(0, FIRST - place)) + _number(3, kind))
        for place, (piece, kind) in enumerate(zip(vocabulary, kinds, strict=True))
    ]
    byte_pairs, byte_fallback = _number(3, 2), _number(35, 1)
    return b"".join(pieces) + _message(2, byte_pairs + byte_fallback) + _message(3, _message(1, b"identity"))


def _score(value: int) -> bytes:
    return _varint(2 << 3 | 5) + pack("<f", value)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Write a whole number as Protocol Buffers do: seven bits a byte, the low ones first."""
    *more, last = (value >> shift & 127 for shift in range(0, max(1, value.bit_length()), 7))
    return bytes([*(bits | 128 for bits in more), last])
