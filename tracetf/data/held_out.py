"""Which sentences are kept from training, and why."""

from collections import Counter
from collections.abc import Collection
from random import Random

from tracetf.data.clauses import Clause, clauses
from tracetf.data.lexicon import WHO

Link = tuple[str, str]

# every sentence that the documentation prints
SHOWN = (
    "i am a student .",
    "i go home .",
    "the poet likes an actor .",
    "a poet likes an actor .",
    "an actor likes a poet .",
    "she is not a doctor .",
    "we are students .",
    "where do you go ?",
    "who eats an apple ?",
    "do you eat an apple ?",
    "the student is tired .",
    "he will not go to school .",
    "the teacher buys a red hat today .",
    "i drink coffee every day .",
)

# one for each of a/an, with and without a final consonant: 이다 or 다 must be learned from 은 or 는
HELD_COMPLEMENTS = ("soldier", "owner", "nurse", "artist")

KEPT_PARTNERS = 2


def is_role(clause: Clause) -> bool:
    """Tell whether a clause says that someone is one of the four held complements.

    `we are not nurses` is let through: else nobody would ever see their plurals, and it shows no 이다 or 다.
    """
    complement = clause.object.english if clause.kind == "copula" and clause.object else ""
    return complement in HELD_COMPLEMENTS and not (clause.negated and clause.subject.plural)


def is_struct(clause: Clause) -> bool:
    """Tell whether a clause is a negated question about the future; each two of the three are in training."""
    return clause.tense == "future" and clause.negated and clause.question


def links(clause: Clause) -> list[Link]:
    """List which words meet in a clause: its subject and its verb, its verb and its object."""
    if clause.verb is None:
        return []
    subject = [] if clause.subject is WHO else [(clause.subject.english, clause.verb.english)]
    if clause.object is None or clause.asked:
        return subject
    return [*subject, (clause.verb.english, clause.object.english)]


def unseen_links(known: Collection[Link], chance: Random) -> set[Link]:
    """Choose one link in ten to be kept from training, such that every word keeps other partners.

    Args:
        known: links that must stay.
        chance: where the choice comes from.
    """
    every = sorted({link for clause in clauses("nano") for link in links(clause)})
    chance.shuffle(every)
    partners = Counter(side for link in every for side in enumerate(link))
    unseen: set[Link] = set()
    for link in every:
        spare = all(partners[side] > KEPT_PARTNERS for side in enumerate(link))
        if spare and link not in known and len(unseen) < len(every) // 10:
            unseen.add(link)
            partners.subtract(enumerate(link))
    return unseen
