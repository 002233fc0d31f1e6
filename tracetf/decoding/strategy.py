"""How words are chosen, as a person says it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from torch import Tensor

from tracetf.decoding.beam import beam
from tracetf.decoding.greedy import greedy
from tracetf.decoding.sampling import sample
from tracetf.encoder_decoder import EncoderDecoder

LENGTH_PENALTY = 0.6
DRAWING = ("temperature", "top_k", "top_p")
RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "beam": (lambda width: width >= 1, "at least 1"),
    "length_penalty": (lambda alpha: 0 <= alpha < inf, "a number from 0 on"),
    "temperature": (lambda divisor: 0 < divisor < inf, "above 0; for the most probable word leave it out"),
    "top_k": (lambda words: words >= 1, "at least 1"),
    "top_p": (lambda share: 0 < share <= 1, "above 0 and at most 1"),
    "seed": (lambda seed: seed >= 0, "a whole number from 0 on"),
}


@dataclass(frozen=True)
class Strategy:
    """Say how words are chosen: the most probable one each time, unless something else is asked for.

    Args:
        beam: search for the best sentence, among this many hypotheses at once.
        length_penalty: α of the beam's length penalty, 0.6 as in the paper when left out; the larger, the
            better off are long sentences.
        temperature: draw words, with logits divided by this; below 1 the probable words become more so.
        top_k: draw among this many of the most probable words.
        top_p: draw among the most probable words that have this much of the probability together.
        seed: of the draws, 0 when left out; those of a sentence depend on it and on the sentence's place
            alone, not on the batch.

    Raises:
        ValueError: a number out of its range, or two that have no meaning together.
    """

    beam: int | None = None
    length_penalty: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in vars(self).items() if value is not None}
        for name, value in given.items():
            fits, allowed = RANGES[name]
            if not fits(value):
                raise ValueError(f"{name}={value} must be {allowed}")
        drawing = [name for name in DRAWING if name in given]
        if "beam" in given and drawing:
            raise ValueError(
                f"beam={self.beam} searches and {drawing[0]}={given[drawing[0]]} draws; choose one of them"
            )
        if "length_penalty" in given and "beam" not in given:
            raise ValueError(
                f"length_penalty={self.length_penalty} has no meaning without a beam; give beam=4 as well"
            )
        if "seed" in given and not drawing:
            raise ValueError(
                f"seed={self.seed} has no meaning where nothing is drawn; give temperature=1 as well"
            )

    def write(
        self, model: EncoderDecoder, source: Tensor, places: Sequence[int], **limits: Any
    ) -> Iterator[Tensor]:
        """Return the steps of writing, as `greedy`, `sample` or `beam` do.

        Args:
            places: the place of each sentence, for its draws.
            limits: `start`, `end`, `longest` and `cached`.

        Shapes:
            source: batch token
            return: batch word
        """
        if self.beam is not None:
            alpha = LENGTH_PENALTY if self.length_penalty is None else self.length_penalty
            return beam(model, source, width=self.beam, length_penalty=alpha, **limits)
        if (self.temperature, self.top_k, self.top_p) == (None, None, None):
            return greedy(model, source, **limits)
        return sample(
            model,
            source,
            temperature=self.temperature or 1,
            top_k=self.top_k or inf,
            top_p=self.top_p or 1,
            seeds=[(self.seed or 0, place) for place in places],
            **limits,
        )
