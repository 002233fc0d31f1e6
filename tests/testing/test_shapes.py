"""What holds of shapes, what is refused, and what is said of rules and events without each other."""

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
        shapes >= 3  # type: ignore[operator]  # noqa: B015 - the comparison itself is what is tested


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
        """  # noqa: E501 - word for word as it is told
    )


def test_events_that_no_rule_matched_get_the_nearest_rule(shapes: Shapes) -> None:
    assert shapes.explain({"*.Q": "...", "*.score": "..."}) == told(
        """
        trace.shapes == rules: no rule for 4 of 6 events, 1 of 2 rules matched nothing
        rule "*.score" matched nothing; nearest: encoder.layers.*.self_attention.scores, encoder.layers.*.self_attention.K
        no rule for encoder.layers.*.self_attention.K (2 events), batch head key d_k
        no rule for encoder.layers.*.self_attention.scores (2 events), batch head query key; nearest: "*.score"
        """  # noqa: E501 - word for word as it is told
    )


def test_no_rules_at_all_have_no_nearest(made: Made) -> None:
    shapes = Shapes(made({"loss.value": ""}))
    assert shapes.explain({}).splitlines()[1:] == ["no rule for loss.value, one number"]
    assert shapes >= {}


def test_an_empty_trace_says_how_to_get_events(made: Made) -> None:
    assert Shapes(made({})).explain({"*": "..."}) == told(
        """
        trace.shapes == rules: nothing was recorded
        no module that ran says tap(name=value); say it in yours, or record what every module returns with modules=True
        """  # noqa: E501 - word for word as it is told
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
