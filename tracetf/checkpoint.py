"""A trained model in a file: weights, sizes, vocabularies, provenance. No code in it, no pickle."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from functools import partial
from math import isfinite, prod
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_bytes
from torch import Tensor

from tracetf.dimensions import Dimensions, Seq2seqDimensions, Sizes
from tracetf.encoder_decoder import EncoderDecoder
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
    truth,
    whole_file,
)
from tracetf.recurrent.seq2seq import Seq2seq
from tracetf.transformer import Transformer
from tracetf.whatifs import without

FORMAT = "tracetf checkpoint 3"
SECOND_FORMAT = "tracetf checkpoint 2"  # knew Transformers alone
FIRST_FORMAT = "tracetf checkpoint 1"  # and one way to cut each language
FIRST_TOKENIZERS = {"source": "english words", "target": "korean pieces"}
REMEDY = "a checkpoint is what 'tracetf train' writes"
FLOATS = ("F16", "BF16", "F32", "F64")
VOCABULARIES = record(source=listing(text), target=listing(text))
TOKENIZERS = record(source=text, target=text)
LARGEST_POSITIONS = 1 << 24
ARCHITECTURES: dict[str, tuple[type[Sizes], type[EncoderDecoder]]] = {
    "transformer": (Dimensions, Transformer),
    "seq2seq": (Seq2seqDimensions, Seq2seq),
}
WITHOUT = " without "  # between an architecture and each part that is left out
PRIMES = {"source_words": 7, "target_words": 11, "d_model": 13, "heads": 17, "d_k": 19, "d_v": 23, "d_ff": 29}


@dataclass(frozen=True)
class Checkpoint:
    """Hold everything that makes a model again.

    Args:
        dimensions: how large it is; of what kind they are says what it is.
        tokenizers: how `source` and `target` are cut, by the names in `tracetf.data.tokenizers`.
        vocabularies: its words, for `source` and `target`, in the order of their ids.
        weights: by their names in `state_dict`, each shared one once.
        provenance: how it was made: seed, corpus, steps, versions.
        left_out: the parts that it is without, as `without` names them.
    """

    dimensions: Sizes
    tokenizers: dict[str, str]
    vocabularies: dict[str, tuple[str, ...]]
    weights: dict[str, Tensor]
    provenance: dict[str, Any]
    left_out: tuple[str, ...] = ()

    def write(self, path: Path, half: bool = True) -> None:
        """Write the weights, and the rest in the header.

        Args:
            half: round the weights to float16, which halves the file; else they are kept to the last bit.

        Raises:
            OSError: the file cannot be written; what was there before is left as it is.
        """
        header = {
            "format": FORMAT,
            "architecture": WITHOUT.join([_architecture(self.dimensions), *self.left_out]),
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
        architecture, *left_out = _said_architecture(file.header).split(WITHOUT)
        dimensions = _dimensions(file.header, architecture)
        _check_weights(file.shapes, dimensions, left_out)
        return Checkpoint(
            dimensions,
            _tokenizers(file.header),
            parse(file.header, "vocabularies", VOCABULARIES),
            {name: file.read(name).float() for name in file.shapes},
            parse(file.header, "provenance", table(anything)),
            tuple(left_out),
        )


def _check_format(said: str, path: Path) -> None:
    if said in (FIRST_FORMAT, SECOND_FORMAT, FORMAT):
        return
    if said.startswith("tracetf checkpoint "):
        raise ValueError(f"{path} is a {said!r:.60}, and this tracetf reads up to {FORMAT!r}; update tracetf")
    raise ValueError(f"{path} is not a tracetf checkpoint; {REMEDY}")


def _tokenizers(header: Mapping[str, str]) -> dict[str, str]:
    if header["format"] == FIRST_FORMAT:
        return FIRST_TOKENIZERS
    return parse(header, "tokenizers", TOKENIZERS)


def _architecture(size: Sizes) -> str:
    return next(name for name, (kind, _) in ARCHITECTURES.items() if kind is type(size))


def _said_architecture(header: Mapping[str, str]) -> str:
    return header.get("architecture", "") if header["format"] == FORMAT else "transformer"


def _dimensions(header: Mapping[str, str], name: str) -> Sizes:
    if name not in ARCHITECTURES:
        raise ValueError(f"architecture {name!r:.60} is not one of {', '.join(ARCHITECTURES)}")
    return parse(header, "dimensions", partial(_sizes, name))


def _sizes(architecture: str, said: Any) -> Sizes:
    kind, _ = ARCHITECTURES[architecture]
    known = table(anything)(said)
    sizes = {f.name: f for f in fields(kind)}
    if odd := known.keys() - sizes:
        raise ValueError(f"no {architecture} has {min(odd)}")
    if missing := [size for size in sizes.keys() - known if sizes[size].default is MISSING]:
        raise ValueError(f"{min(missing)} is missing")
    return kind(**{size: CHECKS[sizes[size].type](value) for size, value in known.items()})


def _finite(said: Any) -> float:
    if not isfinite(number(said)):
        raise ValueError(f"{said} is not finite")
    return float(said)


CHECKS: dict[Any, Check[Any]] = {int: count, float: _finite, str: text, bool: truth}


def _check_weights(shapes: Mapping[str, tuple[int, ...]], size: Sizes, left_out: Sequence[str]) -> None:
    """Refuse weights that are not those of a model of this size, before any such model is made.

    Raises:
        ValueError: a weight that is missing, too many or of another shape; more positions than a model of so
            many weights is likely to have.
    """
    wanted = set()
    for name, shape in shapes_of(size, *left_out):
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


def shapes_of(size: Sizes, *left_out: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names and shapes of the weights of a model, without making one of its size.

    One whose sizes are primes shows of each axis which sizes it is the product of.

    Args:
        left_out: parts that the model is without.
    """
    kind, model = ARCHITECTURES[_architecture(size)]
    primes = {name: prime for name, prime in PRIMES.items() if hasattr(size, name)}
    if size.shared:
        del primes["source_words"]
    one = {name: 1 for name in ("layers", "longest") if hasattr(size, name)}
    small = model(kind(**vars(size) | {"source_words": PRIMES["target_words"]} | primes | one))
    if left_out:
        small = without(small, *left_out)
    for name, weight in small.named_parameters():
        shape = tuple(_of_that_size(axis, primes, size) for axis in weight.shape)
        for layer in range(getattr(size, "layers", 1) if ".layers.0." in name else 1):
            yield name.replace(".layers.0.", f".layers.{layer}."), shape


def _of_that_size(axis: int, primes: Mapping[str, int], size: Sizes) -> int:
    factors = {name: prime for name, prime in primes.items() if axis % prime == 0}
    return axis // prod(factors.values()) * prod(getattr(size, name) for name in factors)
