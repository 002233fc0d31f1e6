"""A trace told in a terminal, in story order."""

from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.text import Text

from tracetf.trace import Event, Trace
from tracetf.views.bars import bars, rows_of_bars
from tracetf.views.grid import grids
from tracetf.views.ink import digits, figure, power_of_ten
from tracetf.views.learning import lesson
from tracetf.views.matrix import SMALL, Matrix, gradients, magnified, matrices
from tracetf.views.story import Chapter, Item, Lesson, Scene, Shown, Silence, Summary, Wish, layer_of, tell
from tracetf.views.terminal import INDENT, print_indented
from tracetf.words import Words


def print_trace(
    console: Console, trace: Trace, wish: Wish, words: Words, pause: Callable[[], None] = lambda: None
) -> None:
    """Print a run: phases as headings, each step with its formula, its axes, one sentence and its matrix.

    Args:
        pause: called after every step.
    """
    teller = Teller(console, trace, wish, words)
    for item in tell(trace, wish):
        teller.say(item)
        if isinstance(item, Shown):
            pause()


class Teller:
    """Print one item of the story after another; what was explained once is not explained again."""

    def __init__(self, console: Console, trace: Trace, wish: Wish, words: Words) -> None:
        self.console = console
        self.coloured = console.color_system is not None
        self.trace = trace
        self.wish = wish
        self.words = words
        self.explained: set[str] = set()
        self.said_predicts = False

    def say(self, item: Item) -> None:
        """Print one item."""
        match item:
            case Chapter():
                self.chapter(item.phase)
            case Lesson():
                self.lesson(item)
            case Scene():
                self.scene(item)
            case Shown():
                self.step(item.event)
            case Summary():
                self.summary(item.events)
            case Silence():
                self.silence(item)

    def chapter(self, phase: str) -> None:
        word = self.words.phases.get(phase.split()[0])
        self.console.print()
        title = Text.assemble((f" {phase} ", "bold reverse"), (self._read_in(phase), "bold"))
        self.console.rule(title, align="left", characters="━", style="dim")
        if word:
            self._sentence(word.what, key=word.title)

    def _read_in(self, phase: str) -> str:
        """Return the words that a phase reads, and after an arrow the word it writes."""
        ids = self.trace.select("source" if phase == "encode" else "target", phase)
        if not ids or "token" not in ids[-1].labels:
            return ""
        written = [matrices(self.trace, event)[0].columns for event in self.trace.select("*choice", phase)]
        return "  " + " → ".join(" ".join(words) for words in (ids[-1].labels["token"][0], *written))

    def lesson(self, item: Lesson) -> None:
        self.console.print()
        width = self.console.width - INDENT
        for line in lesson(self.trace, item, self.wish, self.words, width, self.coloured):
            self._print(line)

    def scene(self, scene: Scene) -> None:
        self.said_predicts = False
        word = self.words.places.get(scene.place)
        layer = layer_of(scene.module)
        title = word.title if word else scene.place
        if layer is not None:
            title = f"{self.words.screen['layer'].format(layer)} · {title}"
        self.console.print()
        self.console.print(self._ends(Text.assemble((f"▌{title}", "bold")), Text(scene.module, style="dim")))
        if word:
            self._sentence(word.what, key=title)

    def step(self, event: Event) -> None:
        step = event.step
        word = self.words.of(step) if step else None
        title = Text.assemble((word.title if word else event.name, "bold"))
        title.append(f"  {step.formula}" if step else "", style="cyan")
        self.console.print()
        self._print(self._ends(title, Text(event.sizes, style="dim"), INDENT))
        if step and word:
            self._sentence(word.what, key=step.key)
        if event.name == "probabilities":
            self._next_words(event)
        else:
            self._matrix(event)

    def _matrix(self, event: Event) -> None:
        if event.value.size == 0:
            self._print(Text(self.words.screen["empty"], style="dim"))
            return
        heads = [] if self.wish.head is None else [self.wish.head]
        drawn = matrices(self.trace, event, heads)
        if drawn[0].values.dtype == bool:
            truth = "mask" if "key" in event.axes else "truth"
            self._print(Text(self.words.screen[truth], style="dim"))
        if drawn[0].predicts and not self.said_predicts:
            self.said_predicts = True
            self._print(Text(self.words.screen["predicts"], style="dim"))
        self._grids(drawn)
        if event.gradient is not None:
            self._grids(gradients(self.trace, event, heads), "gradient")

    def _grids(self, drawn: list[Matrix], title: str = "value") -> None:
        drawn, power = magnified(drawn)
        if power or title == "gradient":
            unit = f" · {power_of_ten(power)}" if power else ""
            self._print(Text(self.words.screen[title] + unit, style="italic"))
        for line in grids(drawn, self.console.width - INDENT, self.coloured, self.wish.full):
            self._print(line)

    def _next_words(self, event: Event) -> None:
        [matrix] = matrices(self.trace, event)
        room = self.console.width - INDENT
        for line in bars(matrix, room) if event.phase.startswith("decode") else rows_of_bars(matrix, room):
            self._print(line)

    def summary(self, events: list[Event]) -> None:
        last = events[-1]
        weights = next((event for event in events if event.name == "weights"), None)
        told = _range(last) if weights is None else self._strongest(weights)
        self._print(Text(f"{last.module}  ", style="dim").append(told, style="not dim"))

    def _strongest(self, weights: Event) -> str:
        """Return where each head looks hardest: in decoding, from the row that predicts the next word."""
        links = []
        drawn = matrices(self.trace, weights)
        last = weights.phase.startswith("decode")
        for matrix in drawn:
            values = matrix.values[-1:] if last else matrix.values
            row, column = divmod(int(values.argmax()), len(matrix.columns))
            link = f"{matrix.columns[column]} {digits(values[row, column])}"
            links.append(link if last else f"{matrix.rows[row]} ⇢ {link}")
        start = f"{drawn[0].rows[-1]} ⇢ " if last else ""
        return self.words.screen["strongest"] + start + " · ".join(links)

    def silence(self, item: Silence) -> None:
        self._print(
            Text(self.words.screen["silence"].format(steps=item.steps, phase=item.phase), style="dim")
        )

    def _sentence(self, text: str, key: str) -> None:
        if key not in self.explained:
            self.explained.add(key)
            self._print(Text(text))

    def _ends(self, left: Text, right: Text, indent: int = 0) -> Text:
        """Put two texts at the ends of one line, or on two where they do not fit."""
        room = self.console.width - indent - left.cell_len - right.cell_len
        return left.append(" " * room if room > 0 else "\n").append_text(right)

    def _print(self, text: Text) -> None:
        print_indented(self.console, text)


def _range(event: Event) -> str:
    finite = event.value[np.isfinite(event.value)]
    if not finite.size:
        return ""
    write = figure if 0 < np.abs(finite).max() < SMALL else digits
    return f"{write(finite.min())} … {write(finite.max())}"
