"""What a model is to learn: sentence pairs, those it is judged by, and a model of the right size for them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

import torch

from tracetf.data import english, korean
from tracetf.data.clauses import TIERS, Tier
from tracetf.data.grammar import Pair
from tracetf.data.pairs import Damaged, PairFile, TextPair, read_pairs
from tracetf.data.splits import splits
from tracetf.data.tokenizers import learned, morphemes
from tracetf.data.tokens import Tokenizer
from tracetf.training.settings import Settings, columns
from tracetf.translate import Translator
from tracetf.translators import untrained
from tracetf.whatifs import without


@dataclass(frozen=True)
class Lessons:
    """Hold sentence pairs.

    Args:
        learned: what a model learns from.
        held_out: what it is judged by and never learns from.
        notes: what was left out, for a person to read.
    """

    learned: Sequence[TextPair]
    held_out: Sequence[TextPair]
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A short name of all these sentences, to know them again."""
        said = repr((list(map(tuple, self.learned)), list(map(tuple, self.held_out))))
        return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def read_lessons(settings: Settings) -> Lessons:
    """Return the sentence pairs that the settings name.

    Raises:
        ValueError: a damaged file of pairs, or too few to hold some out.
        OSError: the file cannot be read.
    """
    if not settings.data:
        corpus = splits(_tier(settings))
        return Lessons(texts(corpus.train), texts(corpus.validation))
    found = _read(settings, settings.data)
    if settings.validation:
        judged = _read(settings, settings.validation)
        notes = _notes((settings.data, found), (settings.validation, judged))
        return Lessons(found.pairs, judged.pairs, notes)
    if 2 * settings.held_out > len(found.pairs):
        raise ValueError(
            f"held_out={settings.held_out} of {len(found.pairs):,} pairs leaves too few to learn from; "
            "hold fewer out, or give validation"
        )
    held = Random(settings.seed).sample(found.pairs, settings.held_out)
    sources = {pair.source for pair in held}
    rest = [pair for pair in found.pairs if pair.source not in sources]
    return Lessons(rest, held, _notes((settings.data, found)))


def translator(settings: Settings, pairs: Lessons) -> Translator:
    """Return an untrained model of the size that the settings say, with tokens made from what it will learn.

    Raises:
        ValueError: morphemes of data of one's own; too little text for subwords.
    """
    kind = settings.tokens or ("subwords" if settings.data else "morphemes")
    if kind == "morphemes" and not settings.data:
        tokenizers = morphemes(splits(_tier(settings)).train)
    else:
        tokenizers = learned(kind, pairs.learned, settings.vocabulary)
    return build(settings, *tokenizers)


def build(settings: Settings, reader: Tokenizer, writer: Tokenizer) -> Translator:
    """Return an untrained model that reads and writes with these tokenizers; subwords share their weights."""
    torch.manual_seed(settings.seed)
    size = settings.dimensions(
        len(reader.vocabulary), len(writer.vocabulary), shared=reader.kind == "subwords"
    )
    files = {name: Path(getattr(settings, name)).name for name in ("data", "validation")}
    made = {"torch": torch.__version__, **asdict(settings), **files}
    model = untrained(size, reader, writer, provenance=made)
    return without(model, settings.without) if settings.without else model


def snapshot_pair(settings: Settings, pairs: Lessons) -> TextPair | None:
    """Return the sentence that is watched while a model learns, and its translation; none without snapshots.

    Raises:
        ValueError: no translation of the sentence is known.
    """
    if not settings.snapshots:
        return None
    sentence = settings.snapshot_sentence
    if settings.snapshot_target:
        return TextPair(sentence, settings.snapshot_target)
    found = [pair for pair in (*pairs.held_out, *pairs.learned) if sentence in ("", pair.source)]
    if not found:
        raise ValueError(
            f"snapshot_sentence={sentence!r} is in no pair; give its translation with snapshot_target"
        )
    return found[0]


def texts(corpus: Iterable[Pair]) -> list[TextPair]:
    """Return pairs of the built-in corpus as anybody would write them."""
    return [TextPair(english.detokenize(pair.source), korean.detokenize(pair.target)) for pair in corpus]


def _tier(settings: Settings) -> Tier:
    return next(tier for tier in TIERS if tier == settings.tier)


def _read(settings: Settings, path: str) -> PairFile:
    damaged: Damaged = "skip" if settings.damaged == "skip" else "refuse"
    return read_pairs(path, damaged=damaged, columns=columns(settings.columns))


def _notes(*files: tuple[str, PairFile]) -> tuple[str, ...]:
    return tuple(f"{path}: {found}" for path, found in files if found.left_out)
