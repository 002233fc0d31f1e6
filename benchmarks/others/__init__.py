"""Other libraries to measure beside ours: of the same sizes, with weights of their own, where installed.

    pip install -c constraints.txt transformers ctranslate2 joeynmt importlib_metadata

The last is what JoeyNMT forgets to ask for.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

from torch import Tensor

from benchmarks.others import ctranslate, joey, marian
from benchmarks.theirs import Learner, Writer
from tracetf import Dimensions


class Other(NamedTuple):
    """A library, and what it can do.

    Args:
        name: as people call it.
        package: as Python calls it.
        writer: what writes so many words after each source sentence, greedily.
        learner: what learns, with a smoothed loss; none where a library only writes.
    """

    name: str
    package: str
    writer: Callable[[Dimensions, Tensor, int], Writer]
    learner: Callable[[Dimensions, float], Learner] | None = None


OTHERS = (
    Other("Marian", "transformers", marian.writer, marian.learner),
    Other("JoeyNMT", "joeynmt", joey.writer, joey.learner),
    Other("CTranslate2", "ctranslate2", ctranslate.writer),
)


def installed() -> list[Other]:
    """Return the libraries that are here."""
    return [other for other in OTHERS if find_spec(other.package)]
