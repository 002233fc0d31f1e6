"""How far a training is: all that it takes to go on as if it had never stopped, to the bit.

Random numbers are not among it: every draw follows from the seed and from where it is made.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from errno import EIO
from math import inf
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from tracetf.data.tokenizers import restored
from tracetf.data.tokens import Tokenizer
from tracetf.files import (
    ArrayFile,
    anything,
    count,
    listing,
    number,
    parse,
    record,
    refusing_damage,
    table,
    text,
    whole_file,
)
from tracetf.training.adam import Adam
from tracetf.training.settings import Settings

FORMAT = "tracetf training 1"
REMEDY = "it is what 'tracetf train' goes on from; without it, train anew with --force"
KINDS = ("F32", "I64")
PLACE = {"step": count, "epoch": count, "position": count, "best": number, "stale": count}
TOKENIZER = record(kind=text, tokens=listing(text))

Weights = dict[str, Tensor]


@dataclass
class State:
    """Hold what a training changes besides the weights.

    Args:
        adam: both moments of every weight.
        step: steps that are done.
        epoch: the time through the pairs that the next batch belongs to, from 0.
        position: the place of the next batch in its epoch, from 0.
        best: smallest loss on held-out pairs; infinite before the first validation.
        stale: validations since then.
        recent: the weights at the last validations, to be averaged.
    """

    adam: Adam
    step: int = 0
    epoch: int = 0
    position: int = 0
    best: float = inf
    stale: int = 0
    recent: deque[Weights] = field(default_factory=deque)

    @classmethod
    def of(cls, model: nn.Module) -> "State":
        """Return where the training of a model begins."""
        return cls(Adam(dict(model.named_parameters())))


@dataclass(frozen=True)
class Kept:
    """Hold a training as it was kept in a file.

    Args:
        settings: by which it was done.
        tokenizers: of source and target.
        digest: of the pairs that it learned from.
        place: step, epoch and so on, as in `State`.
        arrays: weights, moments and recent weights by their names in the file.
    """

    settings: Settings
    tokenizers: tuple[Tokenizer, Tokenizer]
    digest: str
    place: Mapping[str, Any]
    arrays: Weights

    def put_into(self, model: nn.Module) -> State:
        """Give a model its weights, and return where its training goes on.

        Raises:
            ValueError: arrays of another model.
        """
        weights = dict(model.named_parameters())
        kept = self._under("weights")
        if _shapes(kept) != _shapes(weights):
            raise ValueError(f"a training was kept whose weights are not those of its settings; {REMEDY}")
        for name, weight in weights.items():
            weight.data.copy_(kept[name])
        state = replace(State.of(model), **self.place)
        state.adam.restore(self._under("adam"))
        rounds = {name.split("/")[1] for name in self.arrays if name.startswith("recent/")}
        for one in sorted(rounds, key=int):
            recent = self._under(f"recent/{one}")
            state.recent.append({name: recent[name].to(weight.device) for name, weight in weights.items()})
        return state

    def _under(self, folder: str) -> Weights:
        start = f"{folder}/"
        return {
            name.removeprefix(start): array for name, array in self.arrays.items() if name.startswith(start)
        }


def _shapes(arrays: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(array.shape) for name, array in arrays.items()}


def write_state(
    path: Path,
    model: nn.Module,
    state: State,
    settings: Settings,
    tokenizers: tuple[Tokenizer, Tokenizer],
    digest: str,
) -> None:
    """Write a training to one file, whole or not at all.

    Raises:
        OSError: the file cannot be written; what was there before is left as it is.
    """
    folders: dict[str, Mapping[str, Tensor]] = {
        "weights": dict(model.named_parameters()),
        "adam": state.adam.state(),
        **{f"recent/{number}": weights for number, weights in enumerate(state.recent)},
    }
    arrays = {
        f"{folder}/{name}": array.detach().cpu().contiguous()
        for folder, held in folders.items()
        for name, array in held.items()
    }
    header = {
        "settings": asdict(settings),
        "tokenizers": [{"kind": one.kind, "tokens": list(one.vocabulary)} for one in tokenizers],
        "digest": digest,
        "place": {name: getattr(state, name) for name in PLACE},
    }
    told = {name: json.dumps(said, ensure_ascii=False) for name, said in header.items()}
    with whole_file(path) as draft:
        try:
            save_file(arrays, draft, {"format": FORMAT, **told})
        except SafetensorError as error:  # a full disk is one as well
            raise OSError(EIO, str(error), str(path)) from error


def read_state(path: Path) -> Kept:
    """Read a training that was kept.

    Raises:
        ValueError: not such a file, a damaged one, or one of a newer format.
        OSError: the file cannot be read.
    """
    with refusing_damage(path, "state of a training", REMEDY):
        file = ArrayFile(path, "pt", KINDS)
        if file.header.get("format") != FORMAT:
            raise ValueError(f"it does not say {FORMAT!r}")
        source, target = parse(file.header, "tokenizers", listing(TOKENIZER))
        return Kept(
            Settings(**parse(file.header, "settings", table(anything))),
            (restored(**source), restored(**target)),
            parse(file.header, "digest", text),
            parse(file.header, "place", record(**PLACE)),
            {name: file.read(name) for name in file.shapes},
        )
