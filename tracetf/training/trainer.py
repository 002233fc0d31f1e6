"""The loop: section 5 of the paper."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import torch

from tracetf.data.grammar import Pair
from tracetf.data.splits import Splits
from tracetf.data.vocabulary import Vocabulary
from tracetf.dimensions import Dimensions
from tracetf.training.batches import batches
from tracetf.training.loss import smoothed_loss
from tracetf.training.recipe import Recipe
from tracetf.training.schedule import learning_rate
from tracetf.translate import Translator


@dataclass(frozen=True, slots=True)
class Progress:
    """Say how far training is: optimiser step, mean loss per word in nats, learning rate."""

    step: int
    loss: float
    rate: float


def train(model: Translator, pairs: Sequence[Pair], recipe: Recipe) -> Iterator[Progress]:
    """Train a model in place, yielding after every step how it goes: section 5."""
    torch.manual_seed(recipe.seed)
    adam = torch.optim.Adam(model.parameters(), lr=recipe.peak, betas=(0.9, 0.98), eps=1e-9)
    model.train()
    for step, (source, target) in zip(
        range(1, recipe.steps + 1), batches(model, pairs, recipe), strict=False
    ):
        rate = learning_rate(step, recipe.peak, recipe.warmup)
        adam.param_groups[0]["lr"] = rate
        adam.zero_grad()
        loss = smoothed_loss(model(source, target[:, :-1]), target[:, 1:], recipe.smoothing, model.padding)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own omission
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        adam.step()
        yield Progress(step, loss.item(), rate)
    model.eval()


def student(corpus: Splits, recipe: Recipe) -> Translator:
    """Return the untrained model that ships trained: small enough to learn its corpus in a minute or two."""
    torch.manual_seed(recipe.seed)
    source = Vocabulary.from_sentences(pair.source for pair in corpus.train)
    target = Vocabulary.from_sentences(pair.target for pair in corpus.train)
    size = Dimensions(
        len(source), len(target), d_model=64, heads=4, d_ff=128, layers=2, longest=64, dropout=0.1
    )
    return Translator(
        size, source, target, provenance={"corpus": "small", "torch": torch.__version__, **asdict(recipe)}
    )
