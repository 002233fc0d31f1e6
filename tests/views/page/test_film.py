"""Snapshots of training, played one after another."""

from copy import deepcopy

import pytest
import torch

from tracetf.recorder import record
from tracetf.taps import phase
from tracetf.trace import Trace, verify
from tracetf.views.page import film, page
from tracetf.views.story import Wish

WEIGHTS = "decoder.layers.0.cross_attention.weights"


@pytest.fixture(scope="module")
def snapshots(translator) -> list[Trace]:
    model, found = deepcopy(translator), []
    for step in (0, 100, 200):
        with record(model) as trace, phase(f"step {step}"):
            model.force("I am a student.", "나는 학생이다.")
        found.append(trace)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(1.1)
    return found


def test_a_film_goes_from_step_to_step(opened, snapshots) -> None:
    joined = film(snapshots)
    assert joined.phases == ["step 0", "step 100", "step 200"]
    with opened(page(joined, Wish(only=WEIGHTS)), f"#step={WEIGHTS}&phase=step 0&cell=2.1") as seen:
        told = []
        for snapshot in snapshots:
            told.append(seen.text(".account .is"))
            assert told[-1] == f"{snapshot[WEIGHTS].value[0, 0, 2, 1]:.4f}"
            seen.page.locator(".scrubber input").press("ArrowRight")
            seen.page.locator(".scrubber input").press("ArrowRight")
        assert len(set(told)) == 3
        assert "→" in seen.page.locator(".result tbody th").first.inner_text()


def test_what_the_events_read_goes_along(snapshots) -> None:
    joined = film(snapshots)
    assert [event.order for event in joined] == list(range(3 * len(snapshots[0])))
    joined.parameters, joined.constants = snapshots[0].parameters, snapshots[0].constants
    report = verify(joined)
    assert not report.unread
    assert {event.phase for event, _ in report.disagreed} <= {
        "step 100",
        "step 200",
    }  # those had other weights


def test_phases_of_the_same_name_are_refused(snapshots) -> None:
    with pytest.raises(
        ValueError, match="two runs have the phase 'step 0'; give the phases names of their own"
    ):
        film([snapshots[0], snapshots[0]])
    with pytest.raises(ValueError, match="at least one run; give the traces in order"):
        film([])
