"""A trained model in a file: weights, sizes, vocabularies, provenance. No code in it, no pickle."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from math import isfinite, prod
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_bytes
from torch import Tensor

from tracetf.dimensions import Dimensions
from tracetf.files import (
    ArrayFile,
    Check,
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
from tracetf.transformer import Transformer

FORMAT = "tracetf checkpoint 2"
FIRST_FORMAT = "tracetf checkpoint 1"  # knew one way to cut each language
FIRST_TOKENIZERS = {"source": "english words", "target": "korean pieces"}
REMEDY = "a checkpoint is what 'tracetf train' writes"
FLOATS = ("F16", "BF16", "F32", "F64")
VOCABULARIES = record(source=listing(text), target=listing(text))
TOKENIZERS = record(source=text, target=text)
LARGEST_POSITIONS = 1 << 24
PRIMES = {"source_words": 2, "target_words": 3, "d_model": 5, "heads": 7, "d_k": 11, "d_v": 13, "d_ff": 17}


@dataclass(frozen=True)
class Checkpoint:
    """Hold everything that makes a model again.

    Args:
        dimensions: how large it is.
        tokenizers: how `source` and `target` are cut, by the names in `tracetf.data.tokenizers`.
        vocabularies: its words, for `source` and `target`, in the order of their ids.
        weights: by their names in `state_dict`, each shared one once.
        provenance: how it was made: seed, corpus, steps, versions.
    """

    dimensions: Dimensions
    tokenizers: dict[str, str]
    vocabularies: dict[str, tuple[str, ...]]
    weights: dict[str, Tensor]
    provenance: dict[str, Any]

    def write(self, path: Path, half: bool = True) -> None:
        """Write the weights, and the rest in the header.

        Args:
            half: round the weights to float16, which halves the file; else they are kept to the last bit.

        Raises:
            OSError: the file cannot be written; what was there before is left as it is.
        """
        header = {
            "format": FORMAT,
            "dimensions": json.dumps(asdict(self.dimensions)),
            "tokenizers": json.dumps(self.tokenizers),
            "vocabularies": json.dumps(self.vocabularies, ensure_ascii=False),
            "provenance": json.dumps(self.provenance, ensure_ascii=False),
        }
        kind = torch.float16 if half else torch.float32
        weights = {
            name: weight.detach().to("cpu", kind, copy=True).contiguous()
            for name, weight in self.weights.items()
        }
        with whole_file(path) as draft:
            draft.write_bytes(to_bytes(weights, header))


def read(path: Path) -> Checkpoint:
    """Read a checkpoint, its weights as float32.

    Raises:
        ValueError: not a checkpoint of ours, a damaged one, or one of a newer format.
        OSError: the file cannot be read.
    """
    with refusing_damage(path, "checkpoint", REMEDY):
        file = ArrayFile(path, "pt", FLOATS)
    _check_format(file.header.get("format", ""), path)
    with refusing_damage(path, "checkpoint", REMEDY):
        dimensions = parse(file.header, "dimensions", _dimensions)
        _check_weights(file.shapes, dimensions)
        return Checkpoint(
            dimensions,
            _tokenizers(file.header),
            parse(file.header, "vocabularies", VOCABULARIES),
            {name: file.read(name).float() for name in file.shapes},
            parse(file.header, "provenance", table(anything)),
        )


def _check_format(said: str, path: Path) -> None:
    if said in (FIRST_FORMAT, FORMAT):
        return
    if said.startswith("tracetf checkpoint "):
        raise ValueError(f"{path} is a {said!r:.60}, and this tracetf reads up to {FORMAT!r}; update tracetf")
    raise ValueError(f"{path} is not a tracetf checkpoint; {REMEDY}")


def _tokenizers(header: Mapping[str, str]) -> dict[str, str]:
    if header["format"] == FIRST_FORMAT:
        return FIRST_TOKENIZERS
    return parse(header, "tokenizers", TOKENIZERS)


def _dimensions(said: Any) -> Dimensions:
    known = table(anything)(said)
    sizes = {f.name: f for f in fields(Dimensions)}
    if odd := known.keys() - sizes:
        raise ValueError(f"no Transformer has {min(odd)}")
    if missing := [name for name in sizes.keys() - known if sizes[name].default is MISSING]:
        raise ValueError(f"{min(missing)} is missing")
    return Dimensions(**{name: CHECKS[sizes[name].type](value) for name, value in known.items()})


def _finite(said: Any) -> float:
    if not isfinite(number(said)):
        raise ValueError(f"{said} is not finite")
    return float(said)


def _truth(said: Any) -> bool:
    if not isinstance(said, bool):
        raise ValueError(f"{said!r:.60} is neither true nor false")
    return said


CHECKS: dict[Any, Check[Any]] = {int: count, float: _finite, str: text, bool: _truth}


def _check_weights(shapes: Mapping[str, tuple[int, ...]], size: Dimensions) -> None:
    """Refuse weights that are not those of a model of this size, before any such model is made.

    Raises:
        ValueError: a weight that is missing, too many or of another shape; more positions than a model of so
            many weights is likely to have.
    """
    wanted = set()
    for name, shape in shapes_of(size):
        if name not in shapes:
            raise ValueError(f"it does not hold the weights of its dimensions: {name} is missing")
        if shapes[name] != shape:
            raise ValueError(f"{name} has shape {shapes[name]}, not {shape}")
        wanted.add(name)
    if more := shapes.keys() - wanted:
        raise ValueError(f"it holds more than the weights of its dimensions: {min(more)}")
    if size.longest * size.d_model > max(LARGEST_POSITIONS, sum(map(prod, shapes.values()))):
        raise ValueError(f"longest={size.longest} would take more room than all weights")
    if size.padding >= min(size.source_words, size.target_words):
        raise ValueError(f"padding={size.padding} is no word's number")


def shapes_of(size: Dimensions) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names and shapes of the weights of a Transformer, without making one of its size.

    One whose sizes are primes shows of each axis which sizes it is the product of.
    """
    words = {"source_words": PRIMES["target_words"]} if size.shared else {}
    small = Transformer(Dimensions(**asdict(size) | PRIMES | words | {"layers": 1, "longest": 1}))
    for name, weight in small.named_parameters():
        shape = tuple(
            prod(getattr(size, factor) for factor, prime in PRIMES.items() if axis % prime == 0)
            for axis in weight.shape
        )
        for layer in range(size.layers if ".layers.0." in name else 1):
            yield name.replace(".layers.0.", f".layers.{layer}."), shape
