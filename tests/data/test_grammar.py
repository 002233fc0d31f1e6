import ast
import sys
import unicodedata
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import pytest

import tracetf.data
from tracetf.data import english, korean
from tracetf.data.clauses import clauses
from tracetf.data.grammar import pairs
from tracetf.data.lexicon import ADJECTIVES, PEOPLE, PLACES, SUBJECTS, THINGS, VERBS

LONGEST = {"nano": (9, 9), "small": (9, 10), "full": (11, 12)}


def bigrams(sentences) -> set[tuple[str, str]]:
    return {pair for sentence in sentences for pair in pairwise(sentence)}


@pytest.mark.parametrize("tier", ["nano", "small", "full"])
def test_every_pair_is_a_bijection_and_no_longer_than_said(tier):
    sources, targets, count = set(), set(), 0
    longest = [0, 0]
    for pair in pairs(tier):
        count += 1
        sources.add(pair.source)
        targets.add(pair.target)
        longest = [max(longest[0], len(pair.source)), max(longest[1], len(pair.target))]
    assert len(sources) == len(targets) == count
    assert tuple(longest) == LONGEST[tier]


def test_printed_sentences_are_a_bijection_too(small):
    assert len({english.detokenize(pair.source) for pair in small}) == len(small)
    assert len({korean.detokenize(pair.target) for pair in small}) == len(small)


def predicates(persons: int) -> int:
    """Count what can be said of a subject for which so many persons are others than itself."""
    taken = [
        noun
        for verb in VERBS
        for noun in (*THINGS, *PLACES)
        if noun.kind in verb.takes or noun.english in verb.takes
    ]
    meeting = sum("person" in verb.takes for verb in VERBS)
    return persons + len(ADJECTIVES) + len(taken) + meeting * persons


def statements() -> int:
    nouns = 2 * len(PEOPLE)
    return (len(SUBJECTS) - nouns) * predicates(len(PEOPLE)) + nouns * predicates(len(PEOPLE) - 1)


def test_nano_says_every_predicate_of_every_subject_with_and_without_not():
    assert sum(1 for _ in pairs("nano")) == 2 * statements() == 9_348


def test_small_adds_two_tenses_and_questions(small):
    asked = len(SUBJECTS) - 2
    transitive = sum("place" not in verb.takes for verb in VERBS)
    questions = (
        statements() - 2 * predicates(len(PEOPLE)) + predicates(len(PEOPLE)) + asked * (transitive + 1)
    )
    assert len(small) == 6 * (statements() + questions) == 56_982


def test_pairs_come_one_by_one_in_the_same_order():
    assert isinstance(pairs("full"), Iterator)
    assert list(islice(pairs("full"), 500)) == list(islice(pairs("full"), 500))


def test_unknown_tier_is_refused_at_once():
    with pytest.raises(ValueError, match="tier='tiny' is not one of nano, small, full"):
        pairs("tiny")


def test_nano_is_in_small_and_small_in_full(full):
    nano, small = set(clauses("nano")), set(clauses("small"))
    plain = {clause for clause in full if not clause.attribute and not clause.adverb}
    assert nano < small == plain


def test_what_is_left_out_on_purpose_is_left_out(small):
    words = {word for pair in small for word in pair.source}
    assert not words & {"read", "reads", "apples", "me"}
    for pair in small:
        assert not (pair.clause.question and pair.clause.subject.english in ("i", "we"))
        assert pair.clause.object is None or pair.clause.object.english != pair.clause.subject.english
        assert not (pair.clause.asked and pair.clause.subject.english == "who")


def test_articles_fit_the_next_word(small):
    follows = bigrams(pair.source for pair in small)
    assert {right[0] in "aeiou" for left, right in follows if left == "an"} == {True}
    assert {right[0] in "aeiou" for left, right in follows if left == "a"} == {False}


def test_mass_nouns_and_home_have_no_article_and_home_no_preposition(small):
    before = {
        left for left, right in bigrams(pair.source for pair in small) if right in ("bread", "milk", "home")
    }
    assert not before & {"a", "an", "the", "to"}


def test_to_be_agrees_with_its_subject(small):
    follows = bigrams(pair.source for pair in small)
    assert {right for left, right in follows if left == "i"} >= {"am", "was"}
    assert not {right for left, right in follows if left == "i"} & {"is", "are", "were"}
    assert {right for left, right in follows if left in ("you", "we", "they")} >= {"are", "were"}
    assert not {right for left, right in follows if left in ("you", "we", "they")} & {"am", "is", "was"}
    assert not {right for left, right in follows if left in ("he", "she", "poet")} & {
        "am",
        "are",
        "were",
        "do",
    }


def test_particles_fit_the_last_letter_of_their_noun(small):
    after = {"##은": 3, "##이": 3, "##을": 3, "##이다": 3, "##이니": 3, "##이었": 3}
    after |= {"##는": 2, "##가": 2, "##를": 2, "##였": 2}
    nouns = {noun.korean for noun in (*SUBJECTS, *PEOPLE, *THINGS)}
    for noun, particle in bigrams(pair.target for pair in small):
        if noun in nouns and particle in after:
            assert len(unicodedata.normalize("NFD", noun[-1])) == after[particle], noun + particle


def test_adverbs_fit_the_tense(full):
    tenses = {}
    for clause in full:
        if clause.adverb:
            tenses.setdefault(clause.adverb.english, set()).add(clause.tense)
    always = {"present", "past", "future"}
    assert tenses == {
        "today": always,
        "now": {"present"},
        "yesterday": {"past"},
        "tomorrow": {"future"},
        "every day": always,
    }


def test_the_corpus_needs_nothing_but_python():
    needs = {"subwords.py": ["sentencepiece"]}
    for file in Path(tracetf.data.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                ours = name.startswith("tracetf.data")
                assert ours or name.split(".")[0] in {*sys.stdlib_module_names, *needs.get(file.name, ())}
