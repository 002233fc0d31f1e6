"""What every part of a lesson needs: the step it tells of, the words, the room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from tracetf.trace import Event, Trace
from tracetf.views.bars import BAR, bar
from tracetf.views.ink import figure
from tracetf.views.story import Wish


@dataclass(frozen=True)
class Page:
    """Hold a training step and how it is to be told.

    Args:
        end: order of the last event that belongs to the step.
        say: what the screen says.
        width: columns there are.
        coloured: whether there are colours.
    """

    trace: Trace
    end: int
    wish: Wish
    say: Mapping[str, str]
    width: int
    coloured: bool

    def at(self, path: str) -> Event:
        """Return the event that the step recorded under a path.

        Raises:
            LookupError: there is none.
        """
        return [event for event in self.trace.at(path) if event.order <= self.end][-1]

    def step(self) -> Sequence[Event]:
        """Return the events of the step: those since the last target was read."""
        began = self.at("expected").order
        return [event for event in self.trace if began <= event.order <= self.end]

    def rows(self) -> list[tuple[str, str]]:
        """Return for each row of the decoder the word it reads and the word it must predict."""
        return list(zip(*(self._spelt(self.at(name)) for name in ("target", "expected")), strict=True))

    def _spelt(self, ids: Event) -> Sequence[str]:
        if "target" in self.trace.vocabularies:
            return self.trace.spell("target", ids.value)[0]
        return [str(number) for number in ids.value[0]]

    def bars(self, rows: Mapping[str, float]) -> list[Text]:
        """Return a line for each number: its name, a bar as long as it is, its digits."""
        label = max(map(cell_len, rows), default=0)
        largest = max(rows.values(), default=0) or 1
        room = max(4, min(BAR, self.width - label - 12))
        lines = []
        for name, number in rows.items():
            drawn = Text(bar(number / largest, room), style="blue")
            lines.append(Text(name.ljust(label + 1)).append_text(drawn).append(f" {figure(number)}"))
        return lines


def right(text: str, width: int) -> str:
    """Put a text at the right end of its column."""
    return " " * (width - cell_len(text)) + text


def left(text: str, width: int) -> str:
    """Put a text at the left end of its column."""
    return text + " " * (width - cell_len(text))
