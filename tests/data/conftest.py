import pytest

from tracetf.data.clauses import Clause, clauses
from tracetf.data.grammar import Pair, pairs
from tracetf.data.splits import Splits, splits
from tracetf.data.vocabulary import Vocabulary


@pytest.fixture(scope="session")
def small() -> list[Pair]:
    return list(pairs("small"))


@pytest.fixture(scope="session")
def full() -> list[Clause]:
    return list(clauses("full"))


@pytest.fixture(scope="session")
def korean_vocabulary(small: list[Pair]) -> Vocabulary:
    return Vocabulary.from_sentences(pair.target for pair in small)


@pytest.fixture(scope="session")
def corpus() -> Splits:
    return splits("small")
