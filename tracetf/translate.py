"""A sentence in, a sentence out."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from tracetf.checkpoint import Checkpoint
from tracetf.data.text import UNPRINTABLE, printable
from tracetf.data.tokens import Tokenizer
from tracetf.data.vocabulary import END, START, Vocabulary
from tracetf.decoding import Strategy
from tracetf.dimensions import Sizes
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.taps import tap


def _stop(place: int, error: ValueError) -> None:
    raise ValueError(f"sentence {place}: {error}") from None


class Translator(EncoderDecoder):
    """A model that knows its words: sentences in, sentences out.

    Args:
        dimensions: how large to make it.
        reader: cuts the sentences that it reads.
        writer: makes sentences of the tokens that it writes.
        provenance: how it was made.

    Raises:
        ValueError: vocabularies of other sizes than the dimensions say.
    """

    def __init__(
        self,
        dimensions: Sizes,
        reader: Tokenizer,
        writer: Tokenizer,
        provenance: dict[str, Any] | None = None,
    ) -> None:
        sizes = (dimensions.source_words, dimensions.target_words)
        given = (len(reader.vocabulary), len(writer.vocabulary))
        if sizes != given:
            raise ValueError(
                f"vocabularies of {given[0]} and {given[1]} words do not fit a model made for "
                f"{sizes[0]} and {sizes[1]}"
            )
        if dimensions.shared and reader.vocabulary.tokens != writer.vocabulary.tokens:
            raise ValueError(
                "a model with shared=True has one vocabulary, and reader and writer have two; "
                "give both the same, or shared=False"
            )
        super().__init__(dimensions)
        self.reader = reader
        self.writer = writer
        self.provenance = provenance or {}

    @property
    def source(self) -> Vocabulary:
        """The tokens that it reads, and their numbers."""
        return self.reader.vocabulary

    @property
    def target(self) -> Vocabulary:
        """The tokens that it writes, and their numbers."""
        return self.writer.vocabulary

    @property
    def vocabularies(self) -> dict[str, tuple[str, ...]]:
        """The words behind the ids, for a recorder to label rows and columns with."""
        return {"source": tuple(self.source), "target": tuple(self.target)}

    @torch.inference_mode()
    def translate(self, sentence: str, cached: bool = False, **strategy: Any) -> str:
        """Return the translation of one sentence, writing the most probable piece each time.

        Args:
            cached: keep keys and values from word to word instead of reading the whole prefix again;
                faster on long sentences, and the same translation.
            strategy: how else to choose: `beam=4`, `temperature=0.7`, and what more `Strategy` takes.

        Raises:
            ValueError: an empty sentence, one with control characters, or one longer than the model's
                positions; a strategy that has no meaning.
        """
        [written] = self._write({1: self.read(sentence)}, cached, Strategy(**strategy))
        return self.text(written)

    @torch.inference_mode()
    def translate_all(
        self,
        sentences: Iterable[str],
        together: int = 64,
        refused: Callable[[int, ValueError], None] = _stop,
        **strategy: Any,
    ) -> Iterator[str]:
        """Yield the translation of each sentence, in order; an empty one stays empty.

        Args:
            together: sentences decoded as one batch; it changes no translation.
            refused: is told of a sentence that cannot be read, by its place, and that becomes empty; when
                left out, the translation ends there.
            strategy: as in `translate`.

        Raises:
            ValueError: as `translate`, naming the sentence by its place, counted from 1.
        """
        how, waiting = Strategy(**strategy), enumerate(sentences, 1)
        while chunk := list(islice(waiting, together)):
            read: dict[int, list[str]] = {}
            for place, sentence in chunk:
                read[place] = []
                try:
                    read[place] = self.read(sentence) if sentence.strip() else []
                except ValueError as error:
                    refused(place, error)
            full = {place: tokens for place, tokens in read.items() if tokens}
            written = iter(self._write(full, True, how))
            yield from (self.text(next(written)) if tokens else "" for tokens in read.values())

    @torch.inference_mode()
    def force(self, sentence: str, target: str) -> None:
        """Run the decoder on a given target, all words at once (teacher forcing), for a recorder to watch.

        Raises:
            ValueError: as `translate`, for either sentence.
        """
        source, ids = self.pair(sentence, target)
        tap(expected=ids[:, 1:])
        logits = self(source, ids[:, :-1])
        tap(probabilities=torch.softmax(logits, dim=-1))

    def pair(self, sentence: str, target: str) -> tuple[Tensor, Tensor]:
        """Return a sentence and its translation as ids, the translation between its start and end marks.

        Shapes:
            return: batch source, batch target

        Raises:
            ValueError: as `translate`, for either sentence.
        """
        words = self.read_target(target)
        source, ids = _ids(self.source, self.read(sentence)), _ids(self.target, words)
        return self._batch([source]), self._batch([[START, *ids, END]])

    def read(self, sentence: str) -> list[str]:
        """Return the words of a source sentence as the model reads them.

        Raises:
            ValueError: as `translate`.
        """
        return self._fitting(self.reader.tokens(printable(sentence)))

    def read_target(self, sentence: str) -> list[str]:
        """Return the words of a target sentence as the model writes them.

        Raises:
            ValueError: as `translate`.
        """
        return self._fitting(self.writer.tokens(printable(sentence)))

    def text(self, tokens: Iterable[str]) -> str:
        """Return the sentence that target words make: one line, whatever words a file has put in."""
        return UNPRINTABLE.sub("�", self.writer.text(tokens))

    def _fitting(self, words: list[str]) -> list[str]:
        longest = self.dimensions.longest - 1
        if len(words) > longest:
            raise ValueError(
                f"the sentence has {len(words):,} words, and the model has positions for {longest}; "
                "split it into shorter sentences"
            )
        return words

    def _write(self, sentences: Mapping[int, list[str]], cached: bool, how: Strategy) -> list[list[str]]:
        """Return the pieces that each sentence becomes; they come under their places among all."""
        if not sentences:
            return []
        source = self._batch([_ids(self.source, sentence) for sentence in sentences.values()])
        most = [min(self.dimensions.longest, 2 * len(words) + 10) for words in sentences.values()]
        *_, written = how.write(
            self, source, list(sentences), start=START, end=END, longest=most, cached=cached
        )
        return [
            self.target.decode(id for id in sentence if id not in (END, self.padding))
            for sentence in written.tolist()
        ]

    def _batch(self, sentences: Sequence[Sequence[int]]) -> Tensor:
        return padded(sentences, self.padding).to(self.output.weight.device)

    def checkpoint(self) -> Checkpoint:
        """Return everything that makes this model again."""
        return Checkpoint(
            self.dimensions,
            {"source": self.reader.kind, "target": self.writer.kind},
            self.vocabularies,
            dict(self.named_parameters()),
            self.provenance,
            self.left_out,
        )


def _ids(vocabulary: Vocabulary, words: list[str]) -> list[int]:
    unknown = vocabulary.unknown(words)
    if unknown:
        warnings.warn(
            f"outside what the model learned: {', '.join(unknown)}; read as <unk>, so expect a guess",
            stacklevel=4,
        )
    return vocabulary.encode(words)


def padded(sentences: Sequence[Sequence[int]], padding: int) -> Tensor:
    """Return sentences of ids as one batch, the short ones filled up on the right.

    Shapes:
        return: batch token
    """
    longest = max(map(len, sentences))
    return torch.tensor([[*ids, *[padding] * (longest - len(ids))] for ids in sentences])
