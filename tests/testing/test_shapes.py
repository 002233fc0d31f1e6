"""What holds of shapes, and what is said where it does not: word for word."""

import re
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
RULES = {
    "*.Q": "batch head query d_k",
    "*.K": "batch head key d_k",
    "*.scores": "batch head query key",
}


@pytest.fixture
def shapes(made: Made) -> Shapes:
    return Shapes(made(ATTENTION))


def told(text: str) -> str:
    return dedent(text).strip()


def test_rules_for_all_events_hold(shapes: Shapes) -> None:
    assert shapes == RULES
    assert RULES == shapes  # noqa: SIM300 - the other way round is what is tested
    assert shapes >= RULES
    assert shapes.explain(RULES) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        "batch head=3 query d_k=4",
        "b h q k",
        "2 _ 5 n",
        "...",
        "batch ...",
        "... d_k",
        "batch head ... query d_k",
    ],
)
def test_a_pattern_may_say_less_or_more(shapes: Shapes, pattern: str) -> None:
    assert shapes >= {"*.Q": pattern}


def test_a_value_without_axes_has_an_empty_pattern(made: Made) -> None:
    assert Shapes(made({"loss.value": ""})) == {"loss.value": ""}


def test_every_rule_that_matches_an_event_counts(shapes: Shapes) -> None:
    assert shapes == RULES | {"*": "batch=2 head=3 ..."}
    assert shapes != RULES | {"*": "batch=2 head=4 ..."}


def test_a_subset_holds_at_least_and_not_exactly(shapes: Shapes) -> None:
    rules = {"*.Q": "batch head query d_k"}
    assert shapes >= rules
    assert rules <= shapes
    assert shapes != rules


def test_shapes_equal_nothing_but_rules(shapes: Shapes, made: Made) -> None:
    assert shapes != Shapes(made(ATTENTION))
    assert shapes != list(RULES)
    with pytest.raises(TypeError, match="'>=' not supported"):
        shapes >= 3  # type: ignore[operator]  # noqa: B015


def test_a_wrong_size_is_shown_below_the_one_wanted(shapes: Shapes) -> None:
    assert shapes.explain(RULES | {"*.Q": "batch head=4 query d_k"}).splitlines()[:5] == [
        "trace.shapes == rules: wrong shape in 6 of 6 events",
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


def test_a_rule_that_matched_nothing_gets_the_nearest_paths(shapes: Shapes) -> None:
    rules = {
        "encoder.layers.*.self_attention.scroes": "...",
        "*.Qs": "...",
        "encoder.layers.2.self_attention.Q": "",
    }
    assert shapes.explain(rules, exact=False) == told(
        """
        trace.shapes >= rules: 3 of 3 rules matched nothing
        rule "encoder.layers.*.self_attention.scroes" matched nothing; nearest: encoder.layers.*.self_attention.scores, encoder.layers.*.self_attention.K
        rule "*.Qs" matched nothing; nearest: encoder.layers.*.self_attention.Q, encoder.layers.*.self_attention.scores
        rule "encoder.layers.2.self_attention.Q" matched nothing; nearest: encoder.layers.0.self_attention.Q, encoder.layers.1.self_attention.Q
        """  # noqa: E501
    )


def test_events_that_no_rule_matched_get_the_nearest_rule(shapes: Shapes) -> None:
    assert shapes.explain({"*.Q": "...", "*.score": "..."}) == told(
        """
        trace.shapes == rules: no rule for 4 of 6 events, 1 of 2 rules matched nothing
        rule "*.score" matched nothing; nearest: encoder.layers.*.self_attention.scores, encoder.layers.*.self_attention.K
        no rule for encoder.layers.*.self_attention.K (2 events), batch head key d_k
        no rule for encoder.layers.*.self_attention.scores (2 events), batch head query key; nearest: "*.score"
        """  # noqa: E501
    )


def test_no_rules_at_all_have_no_nearest(made: Made) -> None:
    shapes = Shapes(made({"loss.value": ""}))
    assert shapes.explain({}).splitlines()[1:] == ["no rule for loss.value, one number"]
    assert shapes >= {}


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
        """  # noqa: E501
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


def test_an_empty_trace_says_how_to_get_events(made: Made) -> None:
    assert Shapes(made({})).explain({"*": "..."}) == told(
        """
        trace.shapes == rules: nothing was recorded
        no module that ran says tap(name=value); say it in yours, or record what every module returns with modules=True
        """  # noqa: E501
    )


def test_a_recording_that_stopped_early_is_told(made: Made) -> None:
    trace = made({"a": "batch=1"})
    trace.notice = "recording stopped at b"
    assert Shapes(trace).explain({"a": "batch", "b": "batch"}).splitlines()[:2] == [
        "trace.shapes == rules: 1 of 2 rules matched nothing",
        "recording stopped at b",
    ]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            {"*": "batch head=four"},
            "'head=four' in 'batch head=four' is no axis; write name, name=4, 4, _ (any) or ... (any number)",
        ),
        ({"*": "b,c"}, "'b,c' in 'b,c' is no axis; write name, name=4, 4, _ (any) or ... (any number)"),
        ({"*": "... b ..."}, "'... b ...' has more than one ...; write _ for each axis that may be anything"),
        ({"*": (2, 3)}, "(2, 3) is no pattern; write the axes in one string, 'batch head=4 query d_k'"),
        (
            {"*.Q": "h=3 ...", "*.K": "h=4 ..."},
            "rule '*.Q' says h=3 and rule '*.K' says h=4; a name has one size in all rules, "
            "so give one of them another name",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(shapes: Shapes, rules: Mapping[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        shapes.explain(rules)


def test_shapes_are_listed_phase_by_phase(made: Made) -> None:
    assert str(Shapes(made({"encoder.embedded": "batch=2 token=5", "loss": ""}))) == told(
        """
        forward:
          encoder.embedded  batch=2 token=5
          loss
        """
    )
    assert repr(Shapes(made(ATTENTION))) == "<Shapes of 6 events>"
    assert str(Shapes(made({}))) == "nothing was recorded"
