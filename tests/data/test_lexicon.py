import unicodedata
from collections import Counter

import pytest

from tracetf.data.korean import has_batchim
from tracetf.data.lexicon import (
    ADJECTIVES,
    ADVERBS,
    ATTRIBUTES,
    PEOPLE,
    PLACES,
    PRONOUNS,
    SUBJECTS,
    THINGS,
    VERBS,
    article,
)

PREDICATES = [word.stems for word in (*VERBS, *ADJECTIVES)]


def last_consonant(word: str) -> str:
    letters = unicodedata.normalize("NFD", word[-1])
    return letters[2] if len(letters) == 3 else ""


def composed(consonant: str) -> str:
    return unicodedata.normalize("NFD", consonant)[2]


def test_the_tables_hold_as_many_words_as_the_grammar_says():
    tables = (PRONOUNS, PEOPLE, THINGS, PLACES, VERBS, ADJECTIVES, ATTRIBUTES, ADVERBS)
    assert [len(table) for table in tables] == [6, 12, 20, 6, 12, 6, 5, 5]
    assert len(SUBJECTS) == 6 + 12 + 12


def test_people_are_balanced_over_article_and_final_consonant():
    cells = Counter((article(noun.english), has_batchim(noun.korean)) for noun in PEOPLE)
    assert cells == {("a", True): 4, ("a", False): 4, ("an", True): 2, ("an", False): 2}


def test_no_two_nouns_share_a_word():
    nouns = (*PRONOUNS, *PEOPLE, *THINGS, *PLACES)
    assert len({noun.english for noun in nouns}) == len({noun.korean for noun in nouns}) == len(nouns)


def test_every_verb_takes_only_nouns_that_exist():
    known = {word for noun in (*PEOPLE, *THINGS, *PLACES) for word in (noun.english, noun.kind)}
    assert all(known.issuperset(verb.takes) for verb in VERBS)


@pytest.mark.parametrize("stems", PREDICATES, ids=lambda stems: stems.base)
def test_stems_are_conjugated_by_the_rules(stems):
    assert last_consonant(stems.past) == composed("았")
    assert last_consonant(stems.future) == composed("갈")
    drops = last_consonant(stems.base) == composed("갈")
    assert (stems.question != stems.base) == drops
    assert last_consonant(stems.question) != composed("갈")


@pytest.mark.parametrize("stems", [verb.stems for verb in VERBS], ids=lambda stems: stems.base)
def test_present_of_a_verb_adds_nieun(stems):
    if has_batchim(stems.question):
        assert stems.present == f"{stems.base}는"
    else:
        assert stems.present == unicodedata.normalize("NFC", stems.question + composed("간"))


@pytest.mark.parametrize("stems", [word.stems for word in ADJECTIVES], ids=lambda stems: stems.base)
def test_present_of_an_adjective_is_its_base(stems):
    assert stems.present == stems.base


@pytest.mark.parametrize(
    ("word", "chosen"), [("apple", "an"), ("umbrella", "an"), ("hat", "a"), ("old", "an")]
)
def test_article_follows_the_first_letter(word, chosen):
    assert article(word) == chosen
