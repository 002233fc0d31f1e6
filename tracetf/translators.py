"""The translators that there are: one for each kind of model."""

from typing import Any

from tracetf.data.tokens import Tokenizer
from tracetf.dimensions import Dimensions, Seq2seqDimensions, Sizes
from tracetf.recurrent.seq2seq import Seq2seq
from tracetf.transformer import Transformer
from tracetf.translate import Translator


class TransformerTranslator(Translator, Transformer):
    """A Transformer that knows its words."""


class RecurrentTranslator(Translator, Seq2seq):
    """Two GRUs that know their words, with attention between them or without."""


KINDS: dict[type[Sizes], type[Translator]] = {
    Dimensions: TransformerTranslator,
    Seq2seqDimensions: RecurrentTranslator,
}


def untrained(
    dimensions: Sizes, reader: Tokenizer, writer: Tokenizer, provenance: dict[str, Any] | None = None
) -> Translator:
    """Return an untrained translator of the kind that the dimensions are of.

    Raises:
        ValueError: as `Translator`.
    """
    return KINDS[type(dimensions)](dimensions, reader, writer, provenance)
