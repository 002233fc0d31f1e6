"""Facts and arrays as one text that only letters and digits can come out of.

`explorer/payload.js` reads it back: base64 of a zlib stream of

- the length of the facts, 4 bytes, little-endian, and the facts as JSON in UTF-8;
- for each kind of number, all arrays of that kind one after another: first the first byte of every number,
  then the second byte of every number, and so on, for so they pack tighter.

Numbers keep six digits: what is beyond them is rounding of the run itself, and would be a fifth of the page.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from zlib import compress

import numpy as np
from numpy.typing import NDArray

KINDS = {"f4": "<f4", "f2": "<f2", "f8": "<f8", "i4": "<i4", "u1": "u1"}
LARGEST_ID = 2**31
SPARED = 5  # last bits of a float32 that are not kept


class Packed:
    """Collect arrays, each under a number; the same numbers are kept once.

    Args:
        half: whether numbers are rounded to float16.
    """

    def __init__(self, half: bool = False) -> None:
        self.half = half
        self.table: list[tuple[str, int, tuple[int, ...]]] = []
        self._flat: dict[str, list[NDArray[Any]]] = {kind: [] for kind in KINDS}
        self._length = dict.fromkeys(KINDS, 0)
        self._known: dict[tuple[Any, ...], int] = {}

    def add(self, array: NDArray[Any]) -> int:
        """Take an array and return its number."""
        kind = self._kind(array)
        with np.errstate(over="ignore"):
            flat = np.ascontiguousarray(array, dtype=KINDS[kind]).reshape(-1)
        if kind == "f4":
            flat = _six_digits(flat)
        key = (kind, array.shape, flat.tobytes())
        if key not in self._known:
            self._known[key] = len(self.table)
            self.table.append((kind, self._length[kind], array.shape))
            self._flat[kind].append(flat)
            self._length[kind] += flat.size
        return self._known[key]

    def _kind(self, array: NDArray[Any]) -> str:
        """Return the smallest kind of number that holds an array as it is, or as rounded as asked."""
        if array.dtype.kind == "b":
            return "u1"
        if array.dtype.kind in "iu":
            return "i4" if np.all(np.abs(array) < LARGEST_ID) else "f8"
        with np.errstate(over="ignore"):
            exact = np.array_equal(array.astype(np.float16), array, equal_nan=True)
        return "f2" if self.half or exact else "f4"

    def text(self, facts: Mapping[str, Any]) -> str:
        """Return facts and arrays as one text."""
        told = json.dumps(
            {**facts, "arrays": self.table, "lengths": self._length},
            ensure_ascii=False,
            separators=(",", ":"),
            allow_nan=False,
        ).encode()
        planes = [_planes(np.concatenate(flat)) for flat in self._flat.values() if flat]
        return packed(len(told).to_bytes(4, "little") + told + b"".join(planes))


def packed(data: bytes) -> str:
    """Return bytes as text that only letters and digits can come out of."""
    return b64encode(compress(data, 9)).decode("ascii")


def _planes(numbers: NDArray[Any]) -> bytes:
    return numbers.view(np.uint8).reshape(numbers.size, numbers.itemsize).T.tobytes()


def _six_digits(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return float32 numbers rounded to those whose last bits are zero; infinities stay."""
    bits = numbers.view(np.uint32)
    rounded = ((bits + np.uint32(1 << SPARED - 1)) & np.uint32(2**32 - (1 << SPARED))).view(np.float32)
    return np.where(np.isfinite(rounded), rounded, numbers)
