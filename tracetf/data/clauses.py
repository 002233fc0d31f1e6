"""What the grammar can say, before it is said in any language."""

from collections.abc import Iterator
from itertools import product
from typing import Literal, NamedTuple, get_args

from tracetf.data.lexicon import (
    ADJECTIVES,
    ADVERBS,
    ATTRIBUTES,
    PEOPLE,
    PLACES,
    SUBJECTS,
    THINGS,
    VERBS,
    WHAT,
    WHERE,
    WHO,
    WHOM,
    Adjective,
    Adverb,
    Attribute,
    Noun,
    Subject,
    Tense,
    Verb,
)

Tier = Literal["nano", "small", "full"]
Kind = Literal["copula", "adjective", "motion", "object"]

TIERS: tuple[Tier, ...] = get_args(Tier)
KINDS: tuple[Kind, ...] = get_args(Kind)


class Mood(NamedTuple):
    """Say when, whether it is denied, and whether it is asked."""

    tense: Tense
    negated: bool
    question: bool


class Predicate(NamedTuple):
    """Say what is said of a subject: that it is someone, is somehow, goes somewhere or does something."""

    kind: Kind
    verb: Verb | None = None
    adjective: Adjective | None = None
    object: Noun | None = None


class Clause(NamedTuple):
    """Hold every choice that makes one sentence."""

    subject: Subject
    kind: Kind
    verb: Verb | None
    adjective: Adjective | None
    object: Noun | None
    tense: Tense
    negated: bool
    question: bool
    attribute: Attribute | None = None
    adverb: Adverb | None = None

    @property
    def asked(self) -> bool:
        """Whether the object is what is asked for: what, who, where."""
        return self.object is not None and self.object.kind == "asked"


def clauses(tier: Tier) -> Iterator[Clause]:
    """List everything that a tier can say, one after the other, always in the same order.

    Args:
        tier: `nano` (present statements), `small` (also past, future and questions), `full` (also attributes
            and adverbs).

    Raises:
        ValueError: an unknown tier.
    """
    if tier not in TIERS:
        raise ValueError(f"tier={tier!r} is not one of {', '.join(TIERS)}")
    return _full() if tier == "full" else _plain(tier)


def _plain(tier: Tier) -> Iterator[Clause]:
    for mood in _moods(tier):
        for subject in _subjects(mood.question):
            for predicate in _predicates(subject, mood.question):
                yield Clause(subject, *predicate, *mood)


def _full() -> Iterator[Clause]:
    for clause in _plain("full"):
        for attribute, adverb in product(_attributes(clause), _adverbs(clause)):
            yield clause._replace(attribute=attribute, adverb=adverb)


def _moods(tier: Tier) -> list[Mood]:
    if tier == "nano":
        return [Mood("present", negated, question=False) for negated in (False, True)]
    tenses: tuple[Tense, ...] = ("present", "past", "future")
    return [Mood(*choices) for choices in product(tenses, (False, True), (False, True))]


def _subjects(question: bool) -> list[Subject]:
    """Nobody asks what he himself does: questions have no `i` and no `we`."""
    if not question:
        return list(SUBJECTS)
    return [WHO, *(subject for subject in SUBJECTS if subject.english not in ("i", "we"))]


def _predicates(subject: Subject, question: bool) -> Iterator[Predicate]:
    """List what can be said of a subject; no noun is said twice, and nothing is asked twice."""
    for person in PEOPLE:
        if person.english != subject.english:
            yield Predicate("copula", object=person)
    for adjective in ADJECTIVES:
        yield Predicate("adjective", adjective=adjective)
    for verb in VERBS:
        for noun in _objects(verb, asked=question and subject is not WHO):
            if noun.english != subject.english:
                yield Predicate("motion" if "place" in verb.takes else "object", verb=verb, object=noun)


def _objects(verb: Verb, asked: bool) -> list[Noun]:
    taken = [noun for noun in (*PEOPLE, *THINGS, *PLACES) if {noun.kind, noun.english} & set(verb.takes)]
    return [*taken, *_question_words(verb)] if asked else taken


def _question_words(verb: Verb) -> list[Noun]:
    """`where do you come?` is left out: it asks where from, which 어디에 does not."""
    if "place" in verb.takes:
        return [WHERE] if verb.english == "go" else []
    return [WHOM] if verb.takes == ("person",) else [WHAT]


def _attributes(clause: Clause) -> list[Attribute | None]:
    kind = clause.object.kind if clause.object else None
    return [None, *(attribute for attribute in ATTRIBUTES if kind in attribute.fits)]


def _adverbs(clause: Clause) -> list[Adverb | None]:
    """Nobody is a student now and then, or likes apples tomorrow: what lasts takes no adverb."""
    if clause.kind == "copula" or (clause.verb and clause.verb.english == "like"):
        return [None]
    return [None, *(adverb for adverb in ADVERBS if clause.tense in adverb.tenses)]
