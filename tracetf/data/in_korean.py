"""Say a clause in Korean, in the plain style: every piece with the English roles that license it."""

from tracetf.data.clauses import Clause
from tracetf.data.in_english import Part
from tracetf.data.korean import particle
from tracetf.data.lexicon import WHO, Noun, Stems, Subject

NOT_DOING = Stems("않는", "않았", "않", "않", "않을")
NOT_BEING = NOT_DOING._replace(present="않")
NOT_SOMEONE = Stems("아니", "아니었", "아니", "아니", "아닐")


def in_korean(clause: Clause) -> list[Part]:
    """Say a clause in Korean, as pairs of a piece and the English roles that license it, meaning first."""
    adverb = [(clause.adverb.korean, "adverb")] if clause.adverb else []
    end = ("?" if clause.question else ".", "end")
    return [*_subject(clause.subject), *adverb, *_object(clause), *_predicate(clause), end]


def _subject(subject: Subject) -> list[Part]:
    """A known subject is the topic (은/는), a new one the subject (이/가); 누가 has its particle inside."""
    noun = (subject.korean, "subject")
    if subject is WHO:
        return [noun]
    known = subject.article in ("", "the")
    return [noun, (particle("topic" if known else "subject", subject.korean), "article")]


def _object(clause: Clause) -> list[Part]:
    if clause.object is None:
        return []
    attribute = [(clause.attribute.korean, "attribute")] if clause.attribute else []
    return [*attribute, (clause.object.korean, "object"), *_object_particle(clause, clause.object)]


def _object_particle(clause: Clause, noun: Noun) -> list[Part]:
    match clause.kind:
        case "motion":
            return [("##에", "to" if noun.lead else "object")]
        case "copula":
            return [(particle("subject", noun.korean), "not")] if clause.negated else []
        case _:
            return [(particle("object", noun.korean), "")]


def _predicate(clause: Clause) -> list[Part]:
    if clause.kind == "copula" and clause.object:
        return _copula(clause, clause.object)
    word = clause.verb or clause.adjective
    assert word is not None, "a predicate without a noun has a verb or an adjective"
    if not clause.negated:
        return _conjugated(clause, word.stems, "head helper be")
    negation = NOT_DOING if clause.verb else NOT_BEING
    return [
        (word.stems.base, "head not"),
        ("##지", "not"),
        *_conjugated(clause, negation, "not helper be"),
    ]


def _copula(clause: Clause, noun: Noun) -> list[Part]:
    if clause.negated:
        return _conjugated(clause, NOT_SOMEONE, "not helper be")
    if clause.tense == "present":
        return [(particle("is?" if clause.question else "is", noun.korean), "be end")]
    stems = Stems("", particle("was", noun.korean), "", "", "##일")
    return _conjugated(clause, stems, "be helper")


def _conjugated(clause: Clause, stems: Stems, roles: str) -> list[Part]:
    """Add tense and mood: the stem bears the one, the ending the other."""
    if clause.tense == "future":
        ending = "##이니" if clause.question else "##이다"
        return [(stems.future, roles), ("것", "helper"), (ending, "helper end")]
    present = stems.question if clause.question else stems.present
    stem = stems.past if clause.tense == "past" else present
    return [(stem, roles), ("##니" if clause.question else "##다", "end")]
