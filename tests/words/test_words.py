"""Two languages, one truth."""

import re

import pytest
from rich.cells import cell_len

from tracetf.steps import STEPS
from tracetf.words import LANGUAGES, words

ENGLISH, KOREAN = words("en"), words("ko")


@pytest.mark.parametrize("kind", ["steps", "places", "phases", "screen", "page"])
def test_both_languages_have_the_same_keys_in_the_same_order(kind):
    assert list(getattr(ENGLISH, kind)) == list(getattr(KOREAN, kind))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_all_its_words(language):
    told = words(language).steps
    assert told.keys() == STEPS.keys()
    for key, word in told.items():
        for part in ("title", "what", "why", "avoid"):
            assert getattr(word, part).strip() == getattr(word, part) != "", (key, part)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_one_sentence_that_fits_on_two_lines(language):
    for key, word in words(language).steps.items():
        assert cell_len(word.what) <= 156, key
        assert word.what.endswith("."), key


def test_korean_is_korean_and_english_is_english():
    for key in STEPS:
        assert re.search("[가-힣]", KOREAN.steps[key].what), key
        assert not re.search("[가-힣]", ENGLISH.steps[key].what), key


def test_blanks_to_be_filled_are_the_same():
    for kind in ("screen", "page"):
        english, korean = getattr(ENGLISH, kind), getattr(KOREAN, kind)
        for key, text in english.items():
            assert sorted(re.findall(r"{\w*}", text)) == sorted(re.findall(r"{\w*}", korean[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_plain_text(language):
    told = words(language)
    for word in [*told.steps.values(), *told.places.values(), *told.phases.values()]:
        for text in (word.title, word.what, word.why, word.avoid):
            assert not re.search(r"\*\*|`|\\[a-z]|\$", text), text
