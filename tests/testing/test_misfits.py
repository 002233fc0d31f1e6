"""What is said of events that break a rule: word for word."""

from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from tracetf.testing import Shapes
from tracetf.trace import Trace

Made = Callable[[Mapping[str, str]], Trace]
ATTENTION = {
    "encoder.layers.0.self_attention.Q": "batch=2 head=3 query=5 d_k=4",
    "encoder.layers.0.self_attention.K": "batch=2 head=3 key=5 d_k=4",
    "encoder.layers.0.self_attention.scores": "batch=2 head=3 query=5 key=5",
    "encoder.layers.1.self_attention.Q": "batch=2 head=3 query=5 d_k=4",
    "encoder.layers.1.self_attention.K": "batch=2 head=3 key=5 d_k=4",
    "encoder.layers.1.self_attention.scores": "batch=2 head=3 query=5 key=5",
}


@pytest.fixture
def shapes(made: Made) -> Shapes:
    return Shapes(made(ATTENTION))


def told(text: str) -> str:
    return dedent(text).strip()


def test_a_wrong_size_is_shown_below_the_one_wanted(shapes: Shapes) -> None:
    assert shapes.explain({"*.Q": "batch head=4 query d_k"}, exact=False).splitlines() == [
        "trace.shapes >= rules: wrong shape in 2 of 6 events",
        'encoder.layers.0.self_attention.Q (forward) and 1 like it, rule "*.Q"',
        "  wanted  batch   head=4 query   d_k",
        "  got     batch=2 head=3 query=5 d_k=4",
        "                  ^^^^^^",
    ]


def test_a_size_that_one_rule_fixes_is_wanted_by_all(shapes: Shapes) -> None:
    assert shapes.explain({"*.Q": "batch=1 head query d_k", "*.K": "batch ..."}, exact=False) == told(
        """
        trace.shapes >= rules: wrong shape in 4 of 6 events
        encoder.layers.0.self_attention.Q (forward) and 1 like it, rule "*.Q"
          wanted  batch=1 head   query   d_k
          got     batch=2 head=3 query=5 d_k=4
                  ^^^^^^^
        encoder.layers.0.self_attention.K (forward) and 1 like it: batch=2 instead of batch=1
        """
    )


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        (
            "batch query d_k",
            """
              wanted  batch          query   d_k
              got     batch=2 head=3 query=5 d_k=4
                              ^^^^^^
            """,
        ),
        (
            "batch head beam query d_k",
            """
              wanted  batch   head   beam query   d_k
              got     batch=2 head=3      query=5 d_k=4
                                     ^^^^
            """,
        ),
        (
            "b h q",
            """
              wanted  b       h      q
              got     batch=2 head=3 query=5 d_k=4
                                             ^^^^^
            """,
        ),
        (
            "",
            """
              wanted  one number
              got     batch=2 head=3 query=5 d_k=4
                      ^^^^^^^ ^^^^^^ ^^^^^^^ ^^^^^
            """,
        ),
        (
            "batch head ... query d_k 1",
            """
              wanted  batch   head   query   d_k   1
              got     batch=2 head=3 query=5 d_k=4
                                                   ^
            """,
        ),
    ],
)
def test_another_number_of_axes_is_aligned_by_name(shapes: Shapes, pattern: str, rows: str) -> None:
    lines = shapes.explain({"*.Q": pattern}, exact=False).splitlines()
    assert [line[2:] for line in lines[2:]] == told(rows).splitlines()


def test_one_number_is_shown_as_such(made: Made) -> None:
    assert Shapes(made({"loss.value": ""})).explain({"*": "batch"}) == told(
        """
        trace.shapes == rules: wrong shape in 1 of 1 events
        loss.value (forward), rule "*"
          wanted  batch
          got     one number
                  ^^^^^
        """
    )


def test_two_rules_that_disagree_about_a_name_are_named(made: Made) -> None:
    scores = {
        "encoder.layers.0.self_attention.scores": "batch=2 head=3 query=5 key=5",
        "encoder.layers.1.self_attention.scores": "batch=2 head=3 query=5 key=5",
        "decoder.layers.0.self_attention.scores": "batch=2 head=3 query=4 key=4",
    }
    rules = {"decoder.*.scores": "batch head query key", "encoder.*.scores": "batch head query key"}
    assert Shapes(made(scores)).explain(rules) == told(
        """
        trace.shapes == rules: wrong shape in 1 of 3 events
        decoder.layers.0.self_attention.scores (forward), rule "decoder.*.scores"
          wanted  batch   head   query=5 key=5
          got     batch=2 head=3 query=4 key=4
                                 ^^^^^^^ ^^^^^
          query=5, key=5 by rule "encoder.*.scores", encoder.layers.0.self_attention.scores
        """
    )


def test_one_rule_may_disagree_with_itself(shapes: Shapes) -> None:
    assert shapes.explain({"*.Q": "batch n n d_k"}, exact=False) == told(
        """
        trace.shapes >= rules: wrong shape in 2 of 6 events
        encoder.layers.0.self_attention.Q (forward) and 1 like it, rule "*.Q"
          wanted  batch   n      n=3     d_k
          got     batch=2 head=3 query=5 d_k=4
                                 ^^^^^^^
          n=3 by the same rule, encoder.layers.0.self_attention.Q
        """
    )


def test_names_of_the_event_have_to_stand_where_it_has_them(made: Made) -> None:
    square = {"attention.scores": "batch=1 head=4 query=4 key=4"}
    assert Shapes(made(square)).explain({"*": "batch query head key"}) == told(
        """
        trace.shapes == rules: wrong shape in 1 of 1 events
        attention.scores (forward), rule "*"
          wanted  batch   query  head    key
          got     batch=1 head=4 query=4 key=4
                          ^^^^^^ ^^^^^^^
          query, head: other axes of the event have these names
        """
    )


def test_the_worst_comes_first_and_the_others_in_a_line_each(made: Made) -> None:
    events = {
        "encoder.embedded": "batch=2 token=5 d_model=12",
        "encoder.layers.0.self_attention.Q": "batch=2 head=3 query=5 d_k=4",
        "encoder.layers.0.self_attention.scores": "batch=2 query=5 key=5",
        "output.logits": "batch=2 token=4 vocabulary=13",
    }
    rules = {
        "encoder.embedded": "batch token d_model=8",
        "*.Q": "batch head=4 query d_k=2",
        "*.scores": "batch head query key",
        "output.logit": "batch token vocabulary",
    }
    text = Shapes(made(events)).explain(rules)
    assert text == told(
        """
        trace.shapes == rules: wrong shape in 3 of 4 events, no rule for 1 of 4 events, 1 of 4 rules matched nothing
        encoder.layers.0.self_attention.scores (forward), rule "*.scores"
          wanted  batch   head query   key
          got     batch=2      query=5 key=5
                          ^^^^
        encoder.layers.0.self_attention.Q (forward): head=3 instead of head=4, d_k=4 instead of d_k=2
        encoder.embedded (forward): d_model=12 instead of d_model=8
        rule "output.logit" matched nothing; nearest: output.logits, encoder.layers.0.self_attention.scores
        no rule for output.logits, batch token vocabulary; nearest: "output.logit"
        """  # noqa: E501 - word for word as it is told
    )


def test_too_many_axes_are_said_in_short_too(made: Made) -> None:
    events = {"a": "batch=1 token=2", "b": "batch=1 token=2 d_model=3", "c": "token=2"}
    assert Shapes(made(events)).explain({"*": "batch token"}).splitlines()[-1] == "c (forward): no batch"
    assert Shapes(made(events)).explain({"*": "token"}).splitlines()[-1] == "a (forward): batch=1 too many"


def test_the_size_that_most_events_have_is_the_one_wanted(made: Made) -> None:
    events = {"a.Q": "batch=3", "b.Q": "batch=2", "c.Q": "batch=2"}
    assert Shapes(made(events)).explain({"*": "batch"}).splitlines()[1:] == [
        'a.Q (forward), rule "*"',
        "  wanted  batch=2",
        "  got     batch=3",
        "          ^^^^^^^",
        "  batch=2 by the same rule, b.Q",
    ]
