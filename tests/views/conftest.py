"""A trace whose numbers are typed by rule, so that pictures of it are the same on every machine."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tracetf.decoding import greedy
from tracetf.dimensions import Dimensions
from tracetf.recorder import record
from tracetf.trace import Event, Trace
from tracetf.transformer import Transformer

SOURCE = ("<pad>", "<s>", "</s>", "<unk>", "i", "am", "a", "student", ".")
TARGET = ("<pad>", "<s>", "</s>", "<unk>", "나", "##는", "학생", "##이다", ".")


class Typist(Transformer):
    """A model that writes the sentence it is told to."""

    vocabularies = {"source": SOURCE, "target": TARGET}  # noqa: RUF012 - read only

    def decode(self, target, memory, mask, cache=None):
        logits = super().decode(target, memory, mask, cache)
        return logits + 50 * torch.nn.functional.one_hot(torch.tensor(target.shape[1] + 3), len(TARGET))


def by_rule(event: Event) -> Event:
    """Replace measured numbers by eighths that follow from their place; keep ids, truths and −∞."""
    if event.value.dtype != np.float32 or event.name == "probabilities":
        return event
    number = (7 * np.arange(event.value.size) + 3 * event.order) % 19
    value = (number / 32 if event.name == "weights" else number / 4 - 2).astype(np.float32)
    return replace(event, value=np.where(np.isneginf(event.value), event.value, value.reshape(event.shape)))


@pytest.fixture(scope="session")
def told() -> Trace:
    """Return a run over "i am a student ." with numbers by rule."""
    torch.manual_seed(0)
    model = Typist(Dimensions(9, 9, d_model=16, heads=2, d_ff=12, layers=2, longest=20)).eval()
    with record(model) as run, torch.no_grad():
        list(greedy(model, torch.tensor([[4, 5, 6, 7, 8]]), start=1, end=2, longest=5, cached=False))
    trace = Trace(run.parameters, run.constants, run.dimensions, run.vocabularies)
    for event in run:
        trace.append(by_rule(event))
    return trace
