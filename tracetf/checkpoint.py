"""A trained model in a file: weights, sizes, vocabularies, provenance. No code in it, no pickle."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from tracetf.dimensions import Dimensions
from tracetf.files import whole_file

FORMAT = "tracetf checkpoint 1"
REMEDY = "a checkpoint is what 'tracetf train' writes"


@dataclass(frozen=True)
class Checkpoint:
    """Hold everything that makes a model again.

    Args:
        dimensions: how large it is.
        vocabularies: its words, for `source` and `target`, in the order of their ids.
        weights: by their names in `state_dict`, each shared one once.
        provenance: how it was made: seed, corpus, steps, versions.
    """

    dimensions: Dimensions
    vocabularies: dict[str, tuple[str, ...]]
    weights: dict[str, Tensor]
    provenance: dict[str, Any]

    def write(self, path: Path) -> None:
        """Write the weights rounded to float16, and the rest in the header.

        Raises:
            OSError: the file cannot be written; what was there before is left as it is.
        """
        header = {
            "format": FORMAT,
            "dimensions": json.dumps(asdict(self.dimensions)),
            "vocabularies": json.dumps(self.vocabularies, ensure_ascii=False),
            "provenance": json.dumps(self.provenance, ensure_ascii=False),
        }
        half = {name: weight.detach().to("cpu", torch.float16) for name, weight in self.weights.items()}
        with whole_file(path) as draft:
            draft.write_bytes(to_bytes(half, header))


def read(path: Path) -> Checkpoint:
    """Read a checkpoint, its weights as float32.

    Raises:
        ValueError: not a checkpoint of ours, or a damaged one.
        OSError: the file cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            if header.get("format") != FORMAT:
                raise ValueError(f"{path} is not a tracetf checkpoint; {REMEDY}")
            return Checkpoint(
                Dimensions(**json.loads(header["dimensions"])),
                {side: tuple(words) for side, words in json.loads(header["vocabularies"]).items()},
                {name: file.get_tensor(name).float() for name in file.keys()},  # noqa: SIM118 - no mapping
                json.loads(header["provenance"]),
            )
    except (SafetensorError, KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a whole checkpoint: {error}; {REMEDY}") from error
