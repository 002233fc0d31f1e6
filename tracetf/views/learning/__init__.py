"""A training step, told: what each of its phases is about, with the numbers filled into the formulas."""

from collections.abc import Iterator

from rich.text import Text

from tracetf.trace import Trace
from tracetf.views.learning.backward import backward
from tracetf.views.learning.forward import forward
from tracetf.views.learning.loss import loss
from tracetf.views.learning.page import Page
from tracetf.views.learning.update import update
from tracetf.views.story import Lesson, Wish
from tracetf.words import Words

TELLERS = {"forward": forward, "loss": loss, "backward": backward, "update": update}


def lesson(
    trace: Trace, about: Lesson, wish: Wish, words: Words, width: int, coloured: bool
) -> Iterator[Text]:
    """Yield the lines of a lesson; it ends where it would need what was not recorded."""
    if about.phase in TELLERS:
        try:
            yield from TELLERS[about.phase](Page(trace, about.end, wish, words.screen, width, coloured))
        except LookupError:
            return
