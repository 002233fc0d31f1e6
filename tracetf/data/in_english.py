"""Say a clause in English: every word with its role, to which the Korean side refers."""

from tracetf.data.clauses import Clause
from tracetf.data.lexicon import WHO, Noun, Subject, Verb, article

Part = tuple[str, str]


def in_english(clause: Clause) -> list[Part]:
    """Say a clause in English, as pairs of a word and its role in the sentence."""
    subject = _subject(clause.subject)
    helper, main = _be(clause) if clause.verb is None else _verb(clause, clause.verb)
    negation = [("not", "not")] if clause.negated else []
    start = [*_asked(clause), *helper, *subject] if _inverted(clause) else [*subject, *helper]
    end = "?" if clause.question else "."
    return [*start, *negation, *main, *_object(clause), *_adverb(clause), (end, "end")]


def _inverted(clause: Clause) -> bool:
    return clause.question and clause.subject is not WHO


def _subject(subject: Subject) -> list[Part]:
    noun = (subject.english, "subject")
    return [(subject.article, "article"), noun] if subject.article else [noun]


def _be(clause: Clause) -> tuple[list[Part], list[Part]]:
    """*To be* helps itself: it moves and takes `not` without `do`."""
    adjective = [(clause.adjective.english, "head")] if clause.adjective else []
    if clause.tense == "future":
        return [("will", "helper")], [("be", "be"), *adjective]
    return [(clause.subject.is_ if clause.tense == "present" else clause.subject.was, "be")], adjective


def _verb(clause: Clause, verb: Verb) -> tuple[list[Part], list[Part]]:
    if clause.tense == "future":
        return [("will", "helper")], [(verb.english, "head")]
    if clause.negated or _inverted(clause):
        return [(_do(clause), "helper")], [(verb.english, "head")]
    if clause.tense == "past":
        return [], [(verb.past, "head")]
    return [], [(verb.third if clause.subject.third else verb.english, "head")]


def _do(clause: Clause) -> str:
    if clause.tense == "past":
        return "did"
    return "does" if clause.subject.third else "do"


def _asked(clause: Clause) -> list[Part]:
    return [(clause.object.english, "object")] if clause.object and clause.asked else []


def _object(clause: Clause) -> list[Part]:
    noun = clause.object
    if noun is None or clause.asked:
        return []
    if clause.kind == "copula" and clause.subject.plural:
        return [(noun.plural, "object")]
    attribute = [(clause.attribute.english, "attribute")] if clause.attribute else []
    described = [*attribute, (noun.english, "object")]
    return [*_lead(noun, before=described[0][0]), *described]


def _lead(noun: Noun, before: str) -> list[Part]:
    """An object's article has no role: Korean leaves it out."""
    if noun.lead == "a":
        return [(article(before), "")]
    return [(word, "to" if word == "to" else "") for word in noun.lead.split()]


def _adverb(clause: Clause) -> list[Part]:
    return [(word, "adverb") for word in clause.adverb.english.split()] if clause.adverb else []
