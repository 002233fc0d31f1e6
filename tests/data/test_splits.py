import os
import subprocess
import sys
from collections import Counter
from itertools import combinations
from random import Random

import pytest

from tracetf.data.clauses import KINDS, clauses
from tracetf.data.held_out import HELD_COMPLEMENTS, SHOWN, is_role, is_struct, links, unseen_links
from tracetf.data.korean import has_batchim
from tracetf.data.lexicon import PEOPLE, article
from tracetf.data.splits import RAREST, SHARES, splits
from tracetf.data.vocabulary import Vocabulary

TESTS = ("iid", "pair", "struct", "role")


def sentences(pairs) -> set[tuple[str, ...]]:
    return {pair.source for pair in pairs}


def links_of(pairs) -> set[tuple[str, str]]:
    return {link for pair in pairs for link in links(pair.clause)}


def test_splits_are_as_large_as_asked(corpus):
    assert len(corpus.train) == 8000
    assert [len(getattr(corpus, name)) for name in (*TESTS, "validation")] == [400] * 5
    assert len(corpus.rev) == 100


@pytest.mark.parametrize("name", [*TESTS, "validation", "rev", "shown"])
def test_nothing_is_tried_twice(corpus, name):
    held = getattr(corpus, name)
    assert len(sentences(held)) == len(held)


def test_no_sentence_is_in_two_splits(corpus):
    parts = {name: sentences(getattr(corpus, name)) for name in corpus._fields if name != "rev"}
    for one, other in combinations(parts, 2):
        assert not parts[one] & parts[other], (one, other)


def test_every_kind_has_its_share(corpus):
    for pairs in (corpus.train, corpus.validation, corpus.iid):
        kinds = Counter(pair.clause.kind for pair in pairs)
        assert kinds == {kind: SHARES[kind] * len(pairs) for kind in KINDS}


@pytest.mark.parametrize("seed", [0, 1])
def test_every_word_of_the_tier_is_learned_often(small, corpus, seed):
    learned = (splits("small", seed) if seed else corpus).train
    for side in ("source", "target"):
        seen = Counter(word for pair in learned for word in getattr(pair, side))
        assert seen.keys() == {word for pair in small for word in getattr(pair, side)}
        assert min(seen.values()) >= RAREST == 20


def test_few_sentences_of_training_are_repeats(corpus):
    assert len(sentences(corpus.train)) > 0.98 * len(corpus.train)


def test_no_word_is_tried_that_was_not_learned(corpus):
    known = Vocabulary.from_sentences(pair.source for pair in corpus.train)
    pieces = Vocabulary.from_sentences(pair.target for pair in corpus.train)
    for pairs in corpus:
        for pair in pairs:
            assert not known.unknown(pair.source)
            assert not pieces.unknown(pair.target)


def test_pair_holds_links_that_were_never_learned_and_nothing_else_new(corpus):
    learned = links_of([*corpus.train, *corpus.validation, *corpus.iid])
    for pair in corpus.pair:
        assert not learned.issuperset(links(pair.clause))
        assert not is_struct(pair.clause)


@pytest.mark.parametrize("seed", range(20))
def test_one_link_in_ten_is_unseen_and_every_word_keeps_two_partners(seed):
    every = {link for clause in clauses("nano") for link in links(clause)}
    known = set(sorted(every)[:20])
    unseen = unseen_links(known, Random(seed))
    assert len(unseen) == len(every) // 10
    assert not unseen & known
    partners = Counter(side for link in every - unseen for side in enumerate(link))
    assert partners.keys() == {side for link in every for side in enumerate(link)}
    assert min(partners.values()) >= 2


def test_links_of_shown_sentences_are_learned(corpus):
    assert links_of(corpus.shown) <= links_of(corpus.train)


def test_struct_is_new_only_as_a_combination_of_three(corpus):
    assert all(is_struct(pair.clause) and not is_role(pair.clause) for pair in corpus.struct)
    learned = [pair.clause for pair in corpus.train]
    assert not any(map(is_struct, learned))
    assert any(clause.tense == "future" and clause.negated for clause in learned)
    assert any(clause.tense == "future" and clause.question for clause in learned)
    assert any(clause.negated and clause.question for clause in learned)


def test_held_complements_are_one_of_each_form():
    held = [noun for noun in PEOPLE if noun.english in HELD_COMPLEMENTS]
    assert len({(article(noun.english), has_batchim(noun.korean)) for noun in held}) == len(held) == 4


def test_held_complements_are_never_learned_with_the_copula(corpus):
    assert all(is_role(pair.clause) for pair in corpus.role)
    for pair in (*corpus.train, *corpus.validation, *corpus.iid):
        if pair.clause.kind == "copula" and pair.clause.object.english in HELD_COMPLEMENTS:
            assert "아니" in " ".join(pair.target) or "아닐" in pair.target
            assert pair.clause.subject.plural


def test_reversible_sentences_come_two_by_two_with_the_same_words(corpus):
    assert sentences(corpus.rev) <= sentences(corpus.iid)
    for one, other in zip(corpus.rev[::2], corpus.rev[1::2], strict=True):
        assert one.source != other.source
        assert sorted(one.source) == sorted(other.source)


def test_shown_are_the_sentences_that_the_tier_contains(corpus):
    assert [" ".join(pair.source) for pair in corpus.shown] == list(SHOWN[:12])
    assert [" ".join(pair.source) for pair in splits("nano", train=400, held_out=100).shown] == [
        sentence for sentence in SHOWN[:12] if "?" not in sentence and "will" not in sentence
    ]


def test_nano_repeats_what_it_has_too_little_of():
    corpus = splits("nano", train=8000)
    assert len(corpus.train) == 8000
    assert corpus.struct == ()
    assert len({word for pair in corpus.train for word in pair.source}) == 97


def test_full_is_split_with_its_adverbs_and_attributes():
    corpus = splits("full")
    assert len(corpus.shown) == len(SHOWN)
    assert {"오늘", "매일", "큰", "오래된"} <= {piece for pair in corpus.train for piece in pair.target}


def test_more_than_there_is_is_refused():
    with pytest.raises(
        ValueError, match=r"held_out=4000 takes 800 copula sentences, and only \d+ are left; hold fewer"
    ):
        splits("nano", held_out=4000)


def test_unknown_tier_is_refused():
    with pytest.raises(ValueError, match="tier='tiny' is not one of nano, small, full"):
        splits("tiny")


def test_seeds_differ_and_one_seed_does_not():
    one = splits("nano", seed=1, train=400, held_out=100)
    assert one == splits.__wrapped__("nano", seed=1, train=400, held_out=100)
    assert one.train != splits("nano", seed=2, train=400, held_out=100).train


def test_the_split_is_the_same_in_every_process():
    code = "from tracetf.data.splits import splits; print(splits('nano', train=2000, held_out=100))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONIOENCODING": "utf-8",
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(printed) == 1
