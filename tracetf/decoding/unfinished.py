"""What the decoder reads at each step, and the writing of one word a step: shared by every way to choose."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from tracetf.encoder_decoder import EncoderDecoder
from tracetf.taps import phase, place, tap

Choose = Callable[[Tensor, Tensor, int], Tensor]


class Unfinished:
    """Hold what the decoder reads at the next step, a row for each target that is still being written.

    Without a cache the decoder reads the whole of what is written again at each step, as in the paper. With
    one it reads the last word only and keeps the keys and values of the earlier ones.

    Args:
        start: id of the mark that every target begins with.
        cached: whether to keep keys and values.

    Shapes:
        source: batch token
    """

    def __init__(self, model: EncoderDecoder, source: Tensor, start: int, cached: bool) -> None:
        with phase("encode"):
            self.memory, self.mask = model.encode(source)
        self.model = model
        self.source = source
        self.target = source.new_full((len(source), 1), start)
        self.cache = model.cache() if cached else None

    def logits(self) -> Tensor:
        """Return the logits of the rows that were not read before; the last predicts the next word.

        Shapes:
            return: batch token vocabulary
        """
        return self.model.decode(self.target, self.memory, self.mask, self.cache)

    def append(self, words: Tensor) -> None:
        """Put a word behind each target.

        Shapes:
            words: batch
        """
        self.target = torch.cat([self.target, words[:, None]], dim=1)

    def select(self, rows: Tensor) -> None:
        """Go on with these rows: some may be left out, and some may stand there several times.

        Shapes:
            rows: batch
        """
        self.source = self.source[rows]
        tap(source=self.source)
        with place("rows", rows=rows, memory=self.memory, mask=self.mask):
            self.memory, self.mask = self.memory[rows], self.mask[rows]
            tap(memory=self.memory, mask=self.mask)
        self.target = self.target[rows]
        if self.cache is not None:
            self.cache.select(rows)

    def exchange(self, rows: Tensor) -> None:
        """Go on with these rows, each of which is of the same sentence as the one it takes the place of.

        Shapes:
            rows: batch
        """
        self.target = self.target[rows]
        if self.cache is not None:
            self.cache.exchange(rows)


def write(
    model: EncoderDecoder,
    source: Tensor,
    choose: Choose,
    *,
    start: int,
    end: int,
    longest: int | Sequence[int],
    cached: bool,
) -> Iterator[Tensor]:
    """Yield, step by step, what is written so far, until every sentence has ended or is as long as it may be.

    A sentence that is complete leaves the batch, so that nothing more is computed for it.

    Args:
        choose: takes the logits, the sentences they belong to and the step, counted from 0; returns a word
            for each.
        start: id of the mark that every target begins with.
        end: id of the mark that ends a target; behind it comes padding.
        longest: most words to write; one number for all, or one a sentence.
        cached: keep keys and values from word to word.

    Shapes:
        source: batch token
        return: batch word
    """
    unfinished = Unfinished(model, source, start, cached)
    most = limits(longest, source)
    written = source.new_full((len(source), int(most.max())), model.padding)
    sentences = torch.arange(len(source), device=source.device)
    for step in range(written.shape[1]):
        with phase(f"decode {step + 1}"):
            words = choose(unfinished.logits(), sentences, step)
            written[sentences, step] = words
            unfinished.append(words)
            goes_on = (words != end) & (most > step + 1)
            going = int(goes_on.sum())
            if 0 < going < len(words):
                rows = goes_on.nonzero().squeeze(1)
                with place("rows"):
                    tap(rows=rows)
                unfinished.select(rows)
                sentences, most = sentences[rows], most[rows]
        yield written[:, : step + 1]
        if not going:
            return


def limits(longest: int | Sequence[int], source: Tensor) -> Tensor:
    """Return the most words that each sentence may have.

    Shapes:
        source: batch token
        return: batch
    """
    return torch.tensor(longest, device=source.device).expand(len(source))
