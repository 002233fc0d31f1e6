"""The best sentence, searched for among several hypotheses at once."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from tracetf.decoding.unfinished import Unfinished, limits
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.taps import phase, place, tap


def beam(
    model: EncoderDecoder,
    source: Tensor,
    *,
    start: int,
    end: int,
    longest: int | Sequence[int],
    cached: bool,
    width: int,
    length_penalty: float = 0.6,
) -> Iterator[Tensor]:
    """Yield the best hypothesis so far, each step having kept the best `width` of each sentence: section 6.1.

    A hypothesis is scored by its log-probability over its length penalty. One that has ended stays as it is,
    and holds its place against the others by its score. A sentence is complete, and leaves the batch, when
    its best hypothesis has ended and none of the others can become better.

    Args:
        start: id of the mark that every target begins with.
        end: id of the mark that ends a target; behind it comes padding.
        longest: most words to write; one number for all, or one a sentence.
        cached: keep keys and values from word to word, instead of reading the whole prefix again.
        width: hypotheses kept of each sentence.
        length_penalty: α of Wu et al. 2016, equation 14, from 0 on; with 0, short sentences are better off.

    Shapes:
        source: batch token
        return: batch word
    """
    most = limits(longest, source)
    written = source.new_full((len(source), int(most.max())), model.padding)
    sentences = torch.arange(len(source), device=source.device)
    # A cache can be copied for each hypothesis; without one, each is read from its first word on.
    beams = 1 if cached else width
    unfinished = Unfinished(model, source.repeat_interleave(beams, dim=0), start, cached)
    kept = begin(len(source), beams, source.device)
    for step in range(written.shape[1]):
        with phase(f"decode {step + 1}"):
            kept = extend(kept, unfinished.logits(), width, length_penalty, end, model.padding)
            rows = beams * torch.arange(len(sentences), device=source.device)[:, None] + kept.parents
            written[sentences, :step] = unfinished.target[rows[:, 0], 1:]
            written[sentences, step] = kept.words[:, 0]
            going = (most > step + 1) & may_improve(kept, length_penalty, most)
            if going.any():
                rows = rows[going].flatten()
                with place("beam", parents=kept.parents, beams=beams):
                    tap(going=going, rows=rows)
                same = bool(going.all()) and kept.words.shape[1] == beams
                unfinished.exchange(rows) if same else unfinished.select(rows)
                unfinished.append(kept.words[going].flatten())
                kept, beams = kept._replace(going=going), kept.words.shape[1]
                sentences, most = sentences[going], most[going]
        yield written[:, : step + 1].clone()
        if not going.any():
            return


class Hypotheses(NamedTuple):
    """Hold the hypotheses that were kept of each sentence, the best first.

    Args:
        totals: their log-probabilities.
        lengths: how many words they have.
        ended: which have their end mark.
        parents: which hypothesis of the step before each continues.
        words: with which word.
        going: which sentences go on from here.

    Shapes:
        totals: batch kept
        lengths: batch kept
        ended: batch kept
        parents: batch kept
        words: batch kept
        going: batch
    """

    totals: Tensor
    lengths: Tensor
    ended: Tensor
    parents: Tensor
    words: Tensor
    going: Tensor


def begin(sentences: int, beams: int, device: torch.device) -> Hypotheses:
    """Return hypotheses without a word, of which the first alone counts: the others would be its equals.

    Shapes:
        return: batch kept, batch kept, batch kept, batch kept, batch kept, batch
    """
    totals = torch.full((sentences, beams), -inf, device=device)
    totals[:, 0] = 0
    none = torch.zeros_like(totals, dtype=torch.long)
    return Hypotheses(totals, none, none.bool(), none, none, none[:, 0] == 0)


def extend(
    before: Hypotheses, logits: Tensor, width: int, length_penalty: float, end: int, padding: int
) -> Hypotheses:
    """Return the best hypotheses that are one word longer; those that have ended are in the running as well.

    Shapes:
        logits: row token vocabulary
        return: batch kept, batch kept, batch kept, batch kept, batch kept, batch
    """
    totals, lengths, ended = (known[before.going] for known in before[:3])
    beams, vocabulary = totals.shape[1], logits.shape[-1]
    with place(
        "beam",
        logits=logits,
        totals_before=before.totals,
        lengths_before=before.lengths,
        ended_before=before.ended,
        going_before=before.going,
        beams=beams,
        width=width,
        length_penalty=length_penalty,
        end=end,
        padding=padding,
    ):
        log_probabilities = torch.log_softmax(logits[:, -1], dim=-1)
        stays = torch.full_like(log_probabilities[0], -inf)
        stays[padding] = 0
        added = torch.where(ended[..., None], stays, log_probabilities.view(-1, beams, vocabulary))
        candidates = totals[..., None] + added
        lengths = lengths + ~ended
        penalties = penalty(lengths, length_penalty)
        scores = candidates / penalties[..., None]
        tap(log_probabilities=log_probabilities, candidates=candidates, penalties=penalties, scores=scores)

        best = scores.flatten(1).topk(min(width, beams * vocabulary)).indices
        parents, words = best // vocabulary, best % vocabulary
        totals = candidates.flatten(1).gather(1, best)
        lengths = lengths.gather(1, parents)
        ended = ended.gather(1, parents) | (words == end) | totals.isneginf()
        tap(parents=parents, words=words, totals=totals, lengths=lengths, ended=ended)
    return Hypotheses(totals, lengths, ended, parents, words, torch.ones_like(ended[:, 0]))


def penalty(lengths: Tensor, length_penalty: float) -> Tensor:
    """Return what log-probabilities are divided by: ((5 + length) / 6)^α, Wu et al. 2016, equation 14.

    Shapes:
        lengths: batch beam
        return: batch beam
    """
    return ((5 + lengths) / 6) ** length_penalty


def may_improve(kept: Hypotheses, length_penalty: float, most: Tensor) -> Tensor:
    """Say which sentences have a hypothesis that may still become better than the best that has ended.

    At best it goes on without losing any probability, up to the most words there may be.

    Shapes:
        most: batch
        return: batch
    """
    scores = kept.totals / penalty(kept.lengths, length_penalty)
    hopes = kept.totals / penalty(most[:, None], length_penalty)
    best = scores.masked_fill(~kept.ended, -inf).amax(dim=1)
    return hopes.masked_fill(kept.ended, -inf).amax(dim=1) > best
