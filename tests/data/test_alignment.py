from tracetf.data.grammar import pair
from tracetf.data.lexicon import (
    ADJECTIVES,
    PEOPLE,
    PLACES,
    PRONOUNS,
    THINGS,
    VERBS,
    WHAT,
    WHERE,
    WHO,
    WHOM,
)

MEANINGS: dict[str, set[str]] = {}
for noun in (*PEOPLE, *THINGS, *PLACES, WHAT, WHERE, WHOM):
    MEANINGS.setdefault(noun.korean, set()).update({noun.english, noun.plural})
for subject in (*PRONOUNS, WHO):
    MEANINGS.setdefault(subject.korean, set()).add(subject.english)
for verb in VERBS:
    for stem in verb.stems:
        MEANINGS.setdefault(stem, set()).update({verb.english, verb.third, verb.past})
for adjective in ADJECTIVES:
    for stem in adjective.stems:
        MEANINGS.setdefault(stem, set()).add(adjective.english)

HELPERS = {"do", "does", "did", "will", "not", "be", "am", "is", "are", "was", "were"}


def aligned(source, places) -> set[str]:
    return {source[place] for place in places}


def test_every_piece_has_places_inside_the_sentence(small):
    for said in small:
        assert len(said.alignment) == len(said.target)
        assert all(0 <= place < len(said.source) for places in said.alignment for place in places)


def test_no_place_is_named_twice_by_one_piece(small):
    assert all(len(places) == len(set(places)) for said in small for places in said.alignment)


def test_content_words_come_first_from_the_word_they_mean(small):
    for said in small:
        for piece, places in zip(said.target, said.alignment, strict=True):
            if piece in MEANINGS:
                assert said.source[places[0]] in MEANINGS[piece], (said.source, piece)
                assert aligned(said.source, places[1:]) <= HELPERS, (said.source, piece)


def test_only_the_article_of_an_object_is_read_by_nobody(small):
    for said in small:
        read = {place for places in said.alignment for place in places}
        assert aligned(said.source, set(range(len(said.source))) - read) <= {"a", "an", "the"}


def test_not_is_one_column_with_two_rows(small):
    for said in small:
        if said.clause.negated and said.clause.kind != "copula":
            place = said.source.index("not")
            rows = [
                piece
                for piece, places in zip(said.target, said.alignment, strict=True)
                if places[:1] == (place,)
            ]
            assert rows[0] == "##지"
            assert rows[1] in ("않는", "않", "않았", "않을")


def test_particles_that_no_english_word_decides_are_aligned_to_nothing(small):
    for said in small:
        nothing = [piece for piece, places in zip(said.target, said.alignment, strict=True) if not places]
        assert set(nothing) <= {"##은", "##는", "##을", "##를"}
        assert len(nothing) == (said.clause.kind == "object") + (said.clause.subject in PRONOUNS)


def test_the_article_of_a_subject_decides_its_particle(small):
    for said in small:
        if said.clause.subject.article:
            chosen = {"the": {"##은", "##는"}}.get(said.clause.subject.article, {"##이", "##가"})
            assert said.target[1] in chosen
            assert aligned(said.source, said.alignment[1]) == {said.clause.subject.article}


def test_the_end_mark_ends_both_sentences_and_decides_the_mood(small):
    for said in small:
        end = len(said.source) - 1
        assert said.alignment[-1] == (end,)
        assert said.source[-1] == said.target[-1] == ("?" if said.clause.question else ".")
        assert end in said.alignment[-2]
        assert said.target[-2].endswith("니" if said.clause.question else "다")


def test_adverbs_and_attributes_come_from_their_words(full):
    for clause in full[::50]:
        if clause.adverb and clause.attribute:
            said = pair(clause)
            places = dict(zip(said.target, said.alignment, strict=True))
            assert [
                said.source[place] for place in places[clause.adverb.korean]
            ] == clause.adverb.english.split()
            assert aligned(said.source, places[clause.attribute.korean]) == {clause.attribute.english}
