"""How to train: every setting once, with its words, its unit and its range."""

import re
from dataclasses import dataclass, fields
from math import sqrt

from tracetf.data.clauses import TIERS
from tracetf.dimensions import NORMS, PARTS, Dimensions, Seq2seqDimensions, Sizes
from tracetf.training.setting import Setting, checked, setting

ARCHITECTURES = {
    "transformer": "",
    "gru": "none",
    "gru-attention": "dot",
    "gru-general": "general",
    "gru-additive": "additive",
}
OF_TRANSFORMERS = ("heads", "layers", "d_ff", "norm")
TRANSFORMERS_ALONE = (*OF_TRANSFORMERS, "without")
GROUPS = ("model", "data", "learning", "judging", "keeping", "machine")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Say how to train; `presets.py` has good ones.

    Raises:
        ValueError: a value out of its range, or two that exclude each other.
    """

    architecture: str = setting(
        "transformer", "model", "what kind of model; gru has the bottleneck", choices=tuple(ARCHITECTURES)
    )
    d_model: int = setting(512, "model", "size of a word's vector", unit="numbers", least=1)
    heads: int = setting(8, "model", "heads of every attention", unit="heads", least=1)
    layers: int = setting(6, "model", "layers of the encoder, and of the decoder", unit="layers", least=1)
    d_ff: int = setting(2048, "model", "hidden layer of the feed-forward network", unit="numbers", least=1)
    dropout: float = setting(
        0.1, "model", "share of numbers dropped in training", unit="probability", least=0, below=1
    )
    norm: str = setting(
        "post", "model", "norm after each sub-layer, as in the paper, or before", choices=NORMS
    )
    longest: int = setting(
        256, "model", "longest sentence, with its start and end marks", unit="tokens", least=2
    )
    without: str = setting(
        "", "model", "a part to leave out, to see what it is for [none]", choices=("", *PARTS)
    )

    data: str = setting("", "data", "sentence pairs to learn from, .tsv or .tsv.gz", unit="file", later=True)
    columns: str = setting("1,2", "data", "columns of source and target, counted from 1", unit="columns")
    damaged: str = setting(
        "refuse", "data", "what to do with a file that holds damaged lines", choices=("refuse", "skip")
    )
    corpus: str = setting(
        "",
        "data",
        "built-in pairs to learn from [small, without data]",
        choices=("", *TIERS),
    )
    tokens: str = setting(
        "",
        "data",
        "what sentences are cut into [morphemes for built-in pairs, else subwords]",
        choices=("", "words", "morphemes", "subwords"),
    )
    vocabulary: int = setting(
        8000, "data", "most tokens in a vocabulary made from data", unit="tokens", least=8
    )
    validation: str = setting("", "data", "pairs to judge by [a share of the data]", unit="file", later=True)
    held_out: int = setting(500, "data", "pairs kept back from the data to judge by", unit="pairs", least=0)

    steps: int = setting(100_000, "learning", "training steps", unit="steps", least=1, later=True)
    batch: int = setting(0, "learning", "pairs in a batch [0: as batch_tokens says]", unit="pairs", least=0)
    batch_tokens: int = setting(
        4096,
        "learning",
        "most tokens on a side of a batch, padding counted",
        unit="tokens",
        least=0,
    )
    accumulate: int = setting(1, "learning", "batches that make one step", unit="batches", least=1)
    peak: float = setting(
        0.0, "learning", "highest learning rate [0: the paper's, 1/√(d_model · warmup)]", least=0, later=True
    )
    warmup: int = setting(
        4000, "learning", "steps over which the learning rate rises", unit="steps", least=1, later=True
    )
    smoothing: float = setting(
        0.1, "learning", "share of the target spread over all words, section 5.4", least=0, below=1
    )
    clip: float = setting(0.0, "learning", "largest norm of the gradient [0: any]", least=0, later=True)
    seed: int = setting(0, "learning", "decides weights, order and dropout", least=0)

    validate_every: int = setting(
        1000, "judging", "how often the model is judged on held-out pairs", unit="steps", least=1
    )
    score: int = setting(
        200, "judging", "held-out pairs translated for exact match, BLEU, chrF", unit="pairs", least=0
    )
    patience: int = setting(
        0, "judging", "validations without a better loss before stopping [0: never]", least=0, later=True
    )
    average: int = setting(1, "judging", "validations whose weights are averaged in the checkpoint", least=1)

    save_every: int = setting(
        500, "keeping", "how often everything is kept to go on from", unit="steps", least=1, later=True
    )
    save_minutes: float = setting(
        10.0, "keeping", "and at least how often", unit="minutes", least=0, later=True
    )
    snapshots: int = setting(
        0,
        "keeping",
        "how often a trace of a sentence is kept [0: never]",
        unit="steps",
        least=0,
        later=True,
    )
    snapshot_sentence: str = setting("", "keeping", "that sentence [the first held out]", later=True)
    snapshot_target: str = setting("", "keeping", "its translation [that in the pairs]", later=True)

    device: str = setting("cpu", "machine", "where to compute", choices=("cpu", "cuda"), later=True)
    precision: str = setting(
        "float32", "machine", "numbers in matrix products", choices=("float32", "bfloat16")
    )
    threads: int = setting(
        0, "machine", "threads of the CPU [0: as many as torch takes]", least=0, later=True
    )

    def __post_init__(self) -> None:
        for one in fields(self):
            object.__setattr__(self, one.name, checked(one, getattr(self, one.name)))
        self._check_architecture()
        if self.d_model % self.heads:
            fitting = [str(heads) for heads in range(1, 2 * self.heads) if self.d_model % heads == 0]
            raise ValueError(
                f"d_model={self.d_model} does not split evenly into heads={self.heads}; "
                f"heads that divide it: {', '.join(fitting)}"
            )
        if self.data and self.corpus:
            raise ValueError(
                f"data={self.data!r} and corpus={self.corpus!r} are two sources of pairs; give one: "
                "the presets tiny and base take data, student is for the built-in corpus"
            )
        if bool(self.batch) == bool(self.batch_tokens):
            raise ValueError(
                f"batch={self.batch} and batch_tokens={self.batch_tokens} do not say how large a batch is; "
                "set one of them to 0"
            )
        columns(self.columns)
        if self.tokens == "morphemes" and self.data:
            raise ValueError(
                "tokens='morphemes' are known of the built-in pairs only; take words or subwords for data"
            )
        if self.validation and not self.data:
            raise ValueError(
                f"validation={self.validation!r} is for data of your own; "
                "give data as well, or leave it out: the built-in corpus holds pairs out itself"
            )
        if self.data and not self.validation and not self.held_out and (self.patience or self.average > 1):
            raise ValueError(
                f"patience={self.patience} and average={self.average} need pairs to judge by, and there are "
                "none; give validation, or let held_out keep some back"
            )
        if (self.snapshot_sentence or self.snapshot_target) and not self.snapshots:
            raise ValueError("snapshot_sentence says which, not how often; give snapshots as well")
        if self.snapshot_target and not self.snapshot_sentence:
            raise ValueError("snapshot_target translates no sentence; give snapshot_sentence as well")

    def _check_architecture(self) -> None:
        if self.architecture == "transformer":
            return
        for name in TRANSFORMERS_ALONE:
            if getattr(self, name) != SETTINGS[name].default:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} has no meaning with architecture={self.architecture!r}; "
                    "the presets gru and gru-attention leave it out"
                )

    @property
    def highest(self) -> float:
        """The highest learning rate: `peak`, or the paper's: equation 3 at the end of the warm-up."""
        return self.peak or 1 / sqrt(self.d_model * self.warmup)

    @property
    def tier(self) -> str:
        """Which built-in pairs are meant where there is no data."""
        return self.corpus or "small"

    def dimensions(self, source_words: int, target_words: int, shared: bool) -> Sizes:
        """Return how large the model is, given its vocabularies, and whether they are one."""
        sizes = {name: getattr(self, name) for name in ("d_model", "longest", "dropout")}
        if self.architecture == "transformer":
            more = {name: getattr(self, name) for name in OF_TRANSFORMERS}
            return Dimensions(source_words, target_words, **sizes, shared=shared, **more)
        attention = ARCHITECTURES[self.architecture]
        return Seq2seqDimensions(source_words, target_words, **sizes, shared=shared, attention=attention)


SETTINGS: dict[str, Setting] = {one.name: one for one in fields(Settings)}


def of_group(group: str) -> list[Setting]:
    """Return the settings of one of the `GROUPS`."""
    return [one for one in SETTINGS.values() if one.metadata["group"] == group]


def columns(said: str) -> tuple[int, int]:
    """Return the numbers of the columns of source and target.

    Raises:
        ValueError: anything but two numbers from 1 on.
    """
    if not re.fullmatch("[1-9][0-9]{0,3},[1-9][0-9]{0,3}", said):
        raise ValueError(f"columns={said!r} names no two columns; write the source's and the target's: 1,2")
    source, target = map(int, said.split(","))
    return source, target
