import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracetf.data.english import detokenize, tokens


def test_every_sentence_of_small_comes_back_word_by_word(small):
    for pair in small:
        assert tuple(tokens(detokenize(pair.source))) == pair.source


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("i am a student .", "I am a student."),
        ("where do you go ?", "Where do you go?"),
        ("who will i meet ?", "Who will I meet?"),
        ("", ""),
    ],
)
def test_words_are_printed_as_a_sentence(words, text):
    assert detokenize(words.split()) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I AM A STUDENT.", "i am a student ."),
        ("  i  am\ta\nstudent  .  ", "i am a student ."),
        ("I am a student", "i am a student ."),
        ("I am a student!", "i am a student ."),
        ("I am a student...", "i am a student ."),
        ("I am a student…", "i am a student ."),
        ("Do you go home?!", "do you go home ?"),
        ("Hello, you", "hello , you ."),
        ("", ""),
        (" \t ", ""),
        (".", "."),
    ],
)
def test_case_spacing_and_end_marks_are_put_right(text, words):
    assert tokens(text) == words.split()


@pytest.mark.parametrize(
    "text",
    [
        "do you go home", "does she go home", "did we go home", "am I happy", "is he happy", "are you happy",
        "was he happy", "were they happy", "will you go home", "what do you eat", "where do you go",
        "who eats an apple", "who's happy", "isn't she happy",
    ],
)  # fmt: skip
def test_a_sentence_that_opens_like_a_question_gets_its_mark(text):
    assert tokens(text)[-1] == "?"


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I'm happy", "i am happy ."),
        ("you're students", "you are students ."),
        ("he's tired", "he is tired ."),
        ("She's not a doctor", "she is not a doctor ."),
        ("we're kind", "we are kind ."),
        ("they're not busy", "they are not busy ."),
        ("I don't go home", "i do not go home ."),
        ("he doesn't go home", "he does not go home ."),
        ("we didn't go home", "we did not go home ."),
        ("it isn't an egg", "it is not an egg ."),
        ("they aren't poets", "they are not poets ."),
        ("he wasn't sick", "he was not sick ."),
        ("we weren't sick", "we were not sick ."),
        ("she won't go home", "she will not go home ."),
        ("I'll go home", "i will go home ."),
        ("the poet'll go home", "the poet will go home ."),
        ("what's that", "what is that ?"),
        ("who's a doctor", "who is a doctor ?"),
        ("where's the market", "where is the market ?"),
    ],
)
def test_contractions_are_opened(text, words, apostrophe):
    assert tokens(text.replace("'", apostrophe)) == words.split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't you go home?", "do you not go home ?"),
        ("Isn't the student tired?", "is the student not tired ?"),
        ("Won't a poet be happy?", "will a poet not be happy ?"),
        ("What didn't she eat?", "what did she not eat ?"),
        ("Where won't you go?", "where will you not go ?"),
        ("Who don't they meet?", "who do they not meet ?"),
        ("Who isn't a student?", "who is not a student ?"),
        ("Who doesn't eat an apple?", "who does not eat an apple ?"),
        ("He isn't a student.", "he is not a student ."),
    ],
)
def test_not_comes_behind_the_subject_of_a_question(text, words):
    assert tokens(text) == words.split()


@pytest.mark.parametrize(
    ("text", "word"), [("the poet's book", "poet's"), ("o'clock", "o'clock"), ("I'd go", "i'd")]
)
def test_other_apostrophes_stay_in_their_word(text, word):
    assert word in tokens(text)


def test_written_markers_are_no_words():
    assert tokens("<s> hello") == ["<", "s", ">", "hello", "."]


@settings(deadline=None)
@given(st.text())
def test_any_text_is_cut_into_words_and_stays_so(text):
    words = tokens(text)
    assert all(word and not any(letter.isspace() for letter in word) for word in words)
    assert bool(words) == bool(text.strip())
    assert not words or words[-1] in (".", "?")


@settings(deadline=None)
@given(st.data())
def test_a_sentence_survives_careless_typing(small, data):
    pair = small[data.draw(st.integers(0, len(small) - 1))]
    careless = data.draw(st.sampled_from([str.upper, str.title, str.lower]))
    space = data.draw(st.sampled_from([" ", "  ", "\t", "\u00a0"]))
    assert tuple(tokens(space.join(map(careless, pair.source[:-1])))) == pair.source
