"""A sentence in, a sentence out."""

import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tracetf import checkpoint
from tracetf.checkpoint import Checkpoint
from tracetf.data import english, korean
from tracetf.data.vocabulary import END, START, Vocabulary
from tracetf.decoding import greedy
from tracetf.dimensions import Dimensions
from tracetf.files import refusing_damage
from tracetf.taps import tap
from tracetf.transformer import Transformer


class Translator(Transformer):
    """A Transformer that knows its words: English in, Korean out.

    Args:
        dimensions: how large to make it.
        source: the words it reads.
        target: the pieces it writes.
        provenance: how it was made.

    Raises:
        ValueError: vocabularies of other sizes than the dimensions say.
    """

    def __init__(
        self,
        dimensions: Dimensions,
        source: Vocabulary,
        target: Vocabulary,
        provenance: dict[str, Any] | None = None,
    ) -> None:
        sizes = (dimensions.source_words, dimensions.target_words)
        if sizes != (len(source), len(target)):
            raise ValueError(
                f"vocabularies of {len(source)} and {len(target)} words do not fit a model made for "
                f"{sizes[0]} and {sizes[1]}"
            )
        super().__init__(dimensions)
        self.source = source
        self.target = target
        self.provenance = provenance or {}

    @property
    def vocabularies(self) -> dict[str, tuple[str, ...]]:
        """The words behind the ids, for a recorder to label rows and columns with."""
        return {"source": tuple(self.source), "target": tuple(self.target)}

    @torch.inference_mode()
    def translate(self, sentence: str, cached: bool = False) -> str:
        """Return the translation of one sentence, always writing the most probable next piece.

        Args:
            cached: keep keys and values from word to word instead of reading the whole prefix again;
                faster on long sentences, and the same translation.

        Raises:
            ValueError: an empty sentence, one with control characters, or one longer than the model's
                positions.
        """
        return korean.detokenize(self._write([self.read(sentence)], cached)[0])

    @torch.inference_mode()
    def translate_all(self, sentences: Sequence[str], together: int = 64) -> Iterator[str]:
        """Yield the translation of each sentence, in order; an empty one stays empty.

        Args:
            together: sentences decoded as one batch.

        Raises:
            ValueError: as `translate`, naming the sentence by its place, counted from 1.
        """
        for first in range(0, len(sentences), together):
            batch = {}
            for place, sentence in enumerate(sentences[first : first + together], first + 1):
                try:
                    batch[place] = self.read(sentence) if sentence.strip() else []
                except ValueError as error:
                    raise ValueError(f"sentence {place}: {error}") from None
            written = iter(self._write([tokens for tokens in batch.values() if tokens], cached=True))
            for tokens in batch.values():
                yield korean.detokenize(next(written)) if tokens else ""

    @torch.inference_mode()
    def force(self, sentence: str, target: str) -> None:
        """Run the decoder on a given target, all words at once (teacher forcing), for a recorder to watch.

        Raises:
            ValueError: as `translate`, for either sentence.
        """
        words = self.read_target(target)
        source, target_ids = _ids(self.source, self.read(sentence)), _ids(self.target, words)
        tap(expected=self._batch([[*target_ids, END]]))
        logits = self(self._batch([source]), self._batch([[START, *target_ids]]))
        tap(probabilities=torch.softmax(logits, dim=-1))

    def read(self, sentence: str) -> list[str]:
        """Return the words of an English sentence as the model reads them.

        Raises:
            ValueError: as `translate`.
        """
        return self._fitting(english.tokens(_printable(sentence)))

    def read_target(self, sentence: str) -> list[str]:
        """Return the pieces of a Korean sentence as the model writes them.

        Raises:
            ValueError: as `translate`.
        """
        return self._fitting(korean.pieces(_printable(sentence), self.target))

    def _fitting(self, words: list[str]) -> list[str]:
        longest = self.dimensions.longest - 1
        if len(words) > longest:
            raise ValueError(
                f"the sentence has {len(words):,} words, and the model has positions for {longest}; "
                "split it into shorter sentences"
            )
        return words

    def _write(self, sentences: list[list[str]], cached: bool) -> list[list[str]]:
        if not sentences:
            return []
        source = self._batch([_ids(self.source, sentence) for sentence in sentences])
        steps = greedy(
            self,
            source,
            start=START,
            end=END,
            longest=min(self.dimensions.longest, 2 * source.shape[1] + 10),
            cached=cached,
        )
        ids = torch.stack(list(steps), dim=1).tolist()
        return [
            self.target.decode(id for id in sentence if id not in (END, self.padding)) for sentence in ids
        ]

    def _batch(self, sentences: Sequence[Sequence[int]]) -> Tensor:
        return padded(sentences, self.padding).to(self.output.weight.device)

    def checkpoint(self) -> Checkpoint:
        """Return everything that makes this model again."""
        return Checkpoint(self.dimensions, self.vocabularies, dict(self.named_parameters()), self.provenance)


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


def load(path: str | Path | None = None) -> Translator:
    """Load a translator: the one that comes with the package, or the one in a file.

    Raises:
        ValueError: the file is damaged, or not a checkpoint of ours.
        OSError: the file cannot be read.
    """
    if path is None:
        with as_file(files("tracetf") / "student.safetensors") as shipped:
            return _build(checkpoint.read(shipped), shipped)
    return _build(checkpoint.read(Path(path)), Path(path))


def _build(made: Checkpoint, path: Path) -> Translator:
    with refusing_damage(path, "checkpoint", checkpoint.REMEDY):
        words = {side: Vocabulary(tokens) for side, tokens in made.vocabularies.items()}
        model = Translator(made.dimensions, words["source"], words["target"], made.provenance)
    for name, parameter in model.named_parameters():
        parameter.data = made.weights[name]
    return model.eval()


def _printable(sentence: str) -> str:
    odd = [
        (i, c) for i, c in enumerate(sentence) if unicodedata.category(c) in ("Cc", "Cs") and not c.isspace()
    ]
    if odd:
        place, character = odd[0]
        raise ValueError(
            f"the sentence holds the control character U+{ord(character):04X} at position {place}; "
            "give plain text in UTF-8"
        )
    if not sentence.strip():
        raise ValueError('the sentence is empty; give at least one word, "I am a student"')
    return sentence
