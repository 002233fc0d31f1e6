"""How large a model is."""

from dataclasses import dataclass

NORMS = ("post", "pre")
ATTENTIONS = ("none", "dot", "general", "additive")
PARTS = ("positions", "scale", "mask", "residual", "norm", "feed-forward")  # that `without` can leave out


@dataclass(frozen=True)
class Sizes:
    """Say how large an encoder and a decoder are, of whatever kind.

    Args:
        source_words: size of the source vocabulary.
        target_words: size of the target vocabulary.
        d_model: size of a word's vector.
        longest: most words in a sentence, its start and end marks counted.
        dropout: probability that a number is dropped in training.
        padding: the id that fills up short sentences.
        shared: whether source and target have one vocabulary, and one matrix for both embeddings and the
            output, as in section 3.4; else the target embedding and the output alone share one.

    Raises:
        ValueError: a size below one, a shared vocabulary of two sizes.
    """

    source_words: int
    target_words: int
    d_model: int = 512
    longest: int = 512
    dropout: float = 0.1
    padding: int = 0
    shared: bool = False

    def __post_init__(self) -> None:
        self._at_least_one("source_words", "target_words", "d_model", "longest")
        if self.shared and self.source_words != self.target_words:
            raise ValueError(
                f"a shared vocabulary has one size, not source_words={self.source_words} and "
                f"target_words={self.target_words}; give the same, or shared=False"
            )

    def _at_least_one(self, *sizes: str, hint: str = "") -> None:
        for size in sizes:
            if getattr(self, size) < 1:
                raise ValueError(f"{size}={getattr(self, size)} must be at least 1{hint}")


@dataclass(frozen=True)
class Dimensions(Sizes):
    """Say how large a Transformer is; the defaults are the paper's base model, table 3.

    Args:
        heads: heads of every attention.
        d_k: size of one head's queries and keys; d_model / heads when left out.
        d_v: size of one head's values; d_model / heads when left out.
        d_ff: size of the feed-forward network's hidden layer.
        layers: layers of the encoder, and of the decoder.
        norm: `post` as in the paper, LayerNorm(x + Sublayer(x)); or `pre`, x + Sublayer(LayerNorm(x)).
        epsilon: what keeps a norm's root from zero.

    Raises:
        ValueError: as `Sizes`; a d_model that heads do not divide, an unknown norm.
    """

    heads: int = 8
    d_k: int = 0
    d_v: int = 0
    d_ff: int = 2048
    layers: int = 6
    norm: str = "post"
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least_one("heads", "d_ff", "layers")
        if self.norm not in NORMS:
            raise ValueError(f"norm={self.norm!r} is not one of {', '.join(NORMS)}")
        for size in ("d_k", "d_v"):
            object.__setattr__(self, size, getattr(self, size) or self._per_head(size))
        self._at_least_one("d_k", "d_v", hint="; leave it out for d_model / heads")

    def _per_head(self, size: str) -> int:
        if self.d_model % self.heads:
            raise ValueError(
                f"d_model={self.d_model} does not split evenly into heads={self.heads}; "
                f"choose heads that divide it, or give {size} itself"
            )
        return self.d_model // self.heads


@dataclass(frozen=True)
class Seq2seqDimensions(Sizes):
    """Say how large a `Seq2seq` is.

    Args:
        attention: how the decoder looks at the encoder's states: `dot`, `general`, `additive`, or `none`.

    Raises:
        ValueError: as `Sizes`; an unknown attention.
    """

    attention: str = "dot"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.attention not in ATTENTIONS:
            raise ValueError(f"attention={self.attention!r} is not one of {', '.join(ATTENTIONS)}")
