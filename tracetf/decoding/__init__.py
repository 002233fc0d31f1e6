"""From a source sentence to a target sentence, one word a step: greedily, by drawing, or by beam search."""

from tracetf.decoding.beam import beam
from tracetf.decoding.greedy import greedy
from tracetf.decoding.sampling import sample
from tracetf.decoding.strategy import Strategy

__all__ = ["Strategy", "beam", "greedy", "sample"]
