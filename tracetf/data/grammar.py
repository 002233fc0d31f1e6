"""The corpus itself: sentence pairs with their gold alignment."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tracetf.data.clauses import Clause, Tier, clauses
from tracetf.data.in_english import in_english
from tracetf.data.in_korean import in_korean

Alignment = tuple[tuple[int, ...], ...]


class Pair(NamedTuple):
    """Hold one sentence in both languages.

    Args:
        source: the English words.
        target: the Korean pieces.
        alignment: for every Korean piece the places in `source` that licensed it, first the one it means;
            none for a piece that Korean grammar alone demands.
        clause: what is said: subject, verb, object, tense and so on.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: Alignment
    clause: Clause


def pairs(tier: Tier) -> Iterator[Pair]:
    """Say everything that a tier can say, in both languages, always in the same order.

    Raises:
        ValueError: an unknown tier.
    """
    return map(pair, clauses(tier))


def pair(clause: Clause) -> Pair:
    """Say one clause in both languages."""
    source, roles = zip(*in_english(clause), strict=True)
    target, licensed_by = zip(*in_korean(clause), strict=True)
    return Pair(source, target, _alignment(roles, licensed_by), clause)


@cache
def _alignment(roles: tuple[str, ...], licensed_by: tuple[str, ...]) -> Alignment:
    places = {role: [place for place, other in enumerate(roles) if other == role] for role in roles}
    return tuple(
        tuple(place for role in wanted.split() for place in places.get(role, ())) for wanted in licensed_by
    )
