"""Which sentences a model learns from, and which it is tried on."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import cycle, islice
from random import Random
from typing import NamedTuple

from tracetf.data.clauses import KINDS, Clause, Kind, Tier, clauses
from tracetf.data.grammar import Pair, pair
from tracetf.data.held_out import SHOWN, Link, is_role, is_struct, links, unseen_links
from tracetf.data.in_english import in_english
from tracetf.data.lexicon import INDEFINITE, PEOPLE

# drawn evenly, `am` would stand in one sentence of 8,000
SHARES: dict[Kind, float] = {"copula": 0.2, "adjective": 0.15, "motion": 0.2, "object": 0.45}
RAREST = 20
# how many sentences of a kind are looked through for rare words
FAR = 8000

Pools = dict[str, list[Clause]]

_PEOPLE = {noun.english: noun for noun in PEOPLE}
_INDEFINITE = {subject.english: subject for subject in INDEFINITE}


class Splits(NamedTuple):
    """Hold the sentences to learn from and those kept back; no sentence is in two splits, but for `rev`.

    Args:
        train: what a model learns from; a rare sentence may stand there several times.
        validation: new sentences, to choose a model by.
        iid: new sentences of the same kind.
        pair: a verb with a subject or an object that it never had in training.
        struct: negated questions about the future, of which training has each two of the three.
        role: someone is one of four nouns that training never has after *to be* (but for `we are not …`).
        rev: the sentences of `iid` that differ only in who does it to whom, two by two.
        shown: the sentences that the documentation prints.
    """

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    iid: tuple[Pair, ...]
    pair: tuple[Pair, ...]
    struct: tuple[Pair, ...]
    role: tuple[Pair, ...]
    rev: tuple[Pair, ...]
    shown: tuple[Pair, ...]


@cache
def splits(tier: Tier, seed: int = 0, train: int = 8000, held_out: int = 400) -> Splits:
    """Split a tier into what is learned from and what is tried.

    Args:
        tier: `nano`, `small` or `full`.
        seed: which of the many splits.
        train: sentences to learn from; where a kind has too few, they are repeated.
        held_out: sentences in every other split, or as many as there are.

    Raises:
        ValueError: an unknown tier, or one too small to hold so many sentences out.
    """
    chance = Random(seed)
    shown, pools = _sorted_out(tier, chance)
    kept = _covering(pools, 1)
    _remove(pools, kept)
    rev = _reversible(pools, held_out // 4)
    iid = [*rev, *_drawn(pools, held_out, Counter(object=len(rev)))]
    validation = _drawn(pools, held_out, Counter())
    learned = _training(pools, kept, train)
    for drawn in (learned, validation, iid):
        chance.shuffle(drawn)
    tried = (pools[reason][:held_out] for reason in ("pair", "struct", "role"))
    return Splits(*(tuple(map(pair, drawn)) for drawn in (learned, validation, iid, *tried, rev, shown)))


def _sorted_out(tier: Tier, chance: Random) -> tuple[list[Clause], Pools]:
    """Return the clauses that the documentation shows, and all others in pools, shuffled."""
    everything = {_english(clause): clause for clause in clauses(tier)}
    shown = [everything.pop(sentence) for sentence in SHOWN if sentence in everything]
    rest = list(everything.values())
    chance.shuffle(rest)
    known = {link for clause in shown for link in links(clause)}
    return shown, _pools(rest, unseen_links(known, chance))


def _english(clause: Clause) -> str:
    return " ".join(word for word, _ in in_english(clause))


def _pools(everything: Iterable[Clause], unseen: set[Link]) -> Pools:
    """Sort clauses by the one reason to hold them out, or else by kind; two reasons would measure neither."""
    pools: Pools = {name: [] for name in (*KINDS, "pair", "struct", "role")}
    for clause in everything:
        reasons = {
            "pair": not unseen.isdisjoint(links(clause)),
            "struct": is_struct(clause),
            "role": is_role(clause),
        }
        held = [reason for reason, holds in reasons.items() if holds] or [clause.kind]
        if len(held) == 1:
            pools[held[0]].append(clause)
    return pools


def _quotas(count: int) -> dict[Kind, int]:
    """Share a number out among the kinds; what rounding leaves goes to the largest."""
    quotas = {kind: int(SHARES[kind] * count) for kind in KINDS}
    quotas["object"] += count - sum(quotas.values())
    return quotas


def _drawn(pools: Pools, count: int, already: Counter[str]) -> list[Clause]:
    """Draw sentences of every kind out of the pools; they do not come back."""
    drawn = []
    for kind, quota in _quotas(count).items():
        pool = pools[kind]
        if quota > len(pool):
            raise ValueError(
                f"held_out={count} takes {quota} {kind} sentences, and only {len(pool)} are left; "
                "hold fewer out, or choose a larger tier"
            )
        drawn += [pool.pop() for _ in range(quota - already[kind])]
    return drawn


def _reversible(pools: Pools, count: int) -> list[Clause]:
    """Draw sentences together with the one that turns them round: `a poet likes an actor`, and he her."""
    left = set(pools["object"])
    drawn: list[Clause] = []
    for clause in pools["object"]:
        twin = _turned(clause)
        if twin in left and clause in left and len(drawn) + 2 <= count:
            drawn += [clause, twin]
            left -= {clause, twin}
    _remove(pools, drawn)
    return drawn


def _turned(clause: Clause) -> Clause | None:
    """Turn subject and object round, where that leaves the same words in another order."""
    subject, person = clause.subject, clause.object
    if subject not in INDEFINITE or person is None or person.kind != "person":
        return None
    return clause._replace(subject=_INDEFINITE[person.english], object=_PEOPLE[subject.english])


def _training(pools: Pools, first: list[Clause], count: int) -> list[Clause]:
    """Draw what is learned from: enough of the rare words, then every kind up to its share."""
    for clause in first:
        pools[clause.kind].insert(0, clause)
    learned = _covering(pools, min(RAREST, count // 400))
    _remove(pools, learned)
    kinds = Counter(clause.kind for clause in learned)
    for kind, quota in _quotas(count).items():
        learned += islice(cycle(pools[kind]), max(0, quota - kinds[kind]))
    return learned


def _remove(pools: Pools, clauses: Iterable[Clause]) -> None:
    gone = set(clauses)
    for kind in KINDS:
        pools[kind] = [clause for clause in pools[kind] if clause not in gone]


def _covering(pools: Pools, least: int) -> list[Clause]:
    """Choose sentences that hold every word `least` times, repeating those of the rarest words."""
    seen: Counter[str] = Counter()
    chosen = []
    for clause in (clause for kind in KINDS for clause in pools[kind][:FAR]):
        said = pair(clause)
        words = {*said.source, *said.target}
        if any(seen[word] < least for word in words):
            chosen.append((clause, words))
            seen.update(words)
    repeated = [
        clause
        for word, times in sorted(seen.items())
        for clause in islice(cycle([held for held, words in chosen if word in words]), max(0, least - times))
    ]
    return [*(clause for clause, _ in chosen), *repeated]
