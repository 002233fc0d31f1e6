"""Batches of like length, in an order that a seed decides."""

import random
from collections.abc import Iterator, Sequence

from torch import Tensor

from tracetf.data.grammar import Pair
from tracetf.data.vocabulary import END, START
from tracetf.training.recipe import Recipe
from tracetf.translate import Translator, padded


def batches(model: Translator, pairs: Sequence[Pair], recipe: Recipe) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of like length without end, in an order that the seed decides.

    Shapes:
        return: batch source, batch target
    """
    chance = random.Random(recipe.seed)
    ids = [
        (model.source.encode(pair.source), [START, *model.target.encode(pair.target), END]) for pair in pairs
    ]
    while True:
        chance.shuffle(ids)
        by_length = sorted(ids, key=lambda pair: (len(pair[1]), len(pair[0])))
        bounds = list(range(0, len(by_length), recipe.batch))
        chance.shuffle(bounds)
        for first in bounds:
            source, target = zip(*by_length[first : first + recipe.batch], strict=True)
            yield padded(source, model.padding), padded(target, model.padding)
