"""The what-ifs of `trace`: a run without some parts, and beside it the run with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracetf.cli.options import View
    from tracetf.trace import Trace
    from tracetf.trace.rows import Rows
    from tracetf.translate import Translator
    from tracetf.views.what_if import Orders

TAUGHT = {"smoothing": 0.0}  # what is part of the training and not of the model, and its value without


@dataclass(frozen=True)
class Task:
    """Say what a model is given to do.

    Args:
        sentence: what it reads.
        target: what the decoder is given, or what is learned; its own translation when left out.
        cached: whether keys and values are kept from word to word.
        after: training steps before the one that is watched; nothing without training.
        strategy: how words are chosen.
    """

    sentence: str
    target: str | None = None
    cached: bool = False
    after: int | None = None
    strategy: dict[str, Any] = field(default_factory=dict)

    def run(self, model: "Translator", **taught: float) -> tuple["Trace", str | None]:
        """Let a model do it, watched, and return the trace and the translation, if it writes one.

        Args:
            taught: settings to learn by, in place of those that the model was trained by.
        """
        from tracetf.recorder import record

        if self.after is None:
            with record(model) as trace:
                if self.target is None:
                    return trace, model.translate(self.sentence, self.cached, **self.strategy)
                model.force(self.sentence, self.target)
            return trace, None
        from tracetf.training.watched import Pupil

        pupil = Pupil(model, self.sentence, self.target, **taught)
        for _ in range(self.after):
            pupil.step()
        with record(model) as trace:
            pupil.step()
        return trace, pupil.target

    def ending(self, written: str | None) -> str:
        """Return the sentence and what became of it, if anything did."""
        return "" if written is None else f"{self.sentence}  →  {written}"


def what_if(task: Task, whole: "Translator", parts: Sequence[str], against: str | None, view: "View") -> None:
    """Run a model as it is and without some parts; deliver the second run, and tell where the two part.

    Raises:
        ValueError: a part that cannot be left out, or not of this run.
    """
    from tracetf.views.what_if import WhatIf, print_what_if
    from tracetf.whatifs import without

    taught = {part: TAUGHT[part] for part in parts if part in TAUGHT}
    if taught and task.after is None:
        raise ValueError(f"{min(taught)} is part of training, not of translation; give --train as well")
    less = without(whole, *(part for part in parts if part not in TAUGHT))
    orders = None if against is None else _orders(whole, less, task.sentence, against)
    trace, written = task.run(whole)
    # What one model learns, the other is to learn as well, whatever it would write by itself.
    run, otherwise = (task if task.after is None else replace(task, target=written)).run(less, **taught)
    endings = task.ending(written), task.ending(otherwise)
    told = WhatIf(parts, trace, run, endings, orders)
    view.deliver(run, endings[1], lambda console, words: print_what_if(console, told, words))


def _orders(whole: "Translator", less: "Translator", *sentences: str) -> "Orders":
    from tracetf.views.what_if import Orders

    one, other = (whole.read(sentence) for sentence in sentences)
    rows = [_rows(model, one, other) for model in (less, whole)]
    return Orders((sentences[0], sentences[1]), (one, other), *rows)


def _rows(model: "Translator", *sentences: Sequence[str]) -> "Rows":
    """Hold the rows that the encoder makes of one sentence against those of another."""
    import torch

    from tracetf.trace.rows import match_rows

    with torch.inference_mode():
        ids = (torch.tensor([model.source.encode(words)]) for words in sentences)
        one, other = (model.encode(source)[0][0].numpy() for source in ids)
    return match_rows(one, other)
