"""What several commands ask in the same words."""

import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tracetf.trace import Trace
    from tracetf.views.story import Wish
    from tracetf.views.terminal import Terminal
    from tracetf.words import Words

OPTIONS = (
    click.option(
        "--layer", type=click.IntRange(0), default=0, metavar="N", help="Layer told in numbers [0]."
    ),
    click.option("--head", type=click.IntRange(0), metavar="N", help="The only head to show."),
    click.option("--only", default="*", metavar="GLOB", help="Only paths that match: '*.weights'."),
    click.option("--phase", default="*", metavar="GLOB", help="Only phases that match: 'decode 3'."),
    click.option("--full", is_flag=True, help="Every step of every layer, every head, every column."),
    click.option("--lang", type=click.Choice(["en", "ko"]), default="en", help="Language of the words [en]."),
    click.option("--width", type=click.IntRange(40, 1000), metavar="N", help="Columns [the terminal's]."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="[auto]"),
    click.option("--step", is_flag=True, help="Wait for Enter after each step."),
    click.option("--verify", is_flag=True, help="Recompute every number and say how far it agrees."),
    click.option(
        "--json", "json_path", metavar="FILE", help="Write strict JSON lines to FILE, or - for stdout."
    ),
    click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Keep the trace in FILE."),
    click.option(
        "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page to explore to FILE."
    ),
    click.option("--open", "open_page", is_flag=True, help="Open that page in the browser."),
)

STRATEGY = {
    "beam": click.option(
        "--beam", type=int, metavar="N", help="Search for the best sentence among N hypotheses at once."
    ),
    "length_penalty": click.option(
        "--length-penalty", type=float, metavar="A", help="The beam's α; longer sentences if larger [0.6]."
    ),
    "temperature": click.option(
        "--temperature", type=float, metavar="T", help="Draw words, with logits divided by T."
    ),
    "top_k": click.option("--top-k", type=int, metavar="K", help="Draw among the K most probable words."),
    "top_p": click.option(
        "--top-p", type=float, metavar="P", help="Draw among the most probable that have P together."
    ),
    "seed": click.option("--seed", type=int, metavar="N", help="Of the draws; the same gives the same [0]."),
}

model_option = click.option(
    "--model",
    default="student",
    metavar="NAME|PATH",
    help="A model that ships, student (the Transformer), gru or gru-attention; or a checkpoint [student].",
)


@dataclass(frozen=True)
class View:
    """Hold what the view options said."""

    layer: int
    head: int | None
    only: str
    phase: str
    full: bool
    lang: str
    width: int | None
    color: str
    step: bool
    verify: bool
    json_path: str | None
    save: Path | None
    html: Path | None
    open_page: bool

    def deliver(
        self,
        trace: "Trace",
        ending: str = "",
        more: "Callable[[Terminal, Words], None]" = lambda console, words: None,
    ) -> None:
        """Write, show and verify a trace as asked.

        Args:
            ending: what the run came to.
            more: prints what is to be told after the trace.
        """
        from tracetf.views.story import Wish

        if self.open_page and self.html is None:
            raise ValueError("--open has no page to open; add --html FILE")
        wish = Wish(self.layer, self.head, self.only, self.phase, self.full)
        check(trace, wish)
        if self.save is not None:
            from tracetf.trace.file import save

            save(trace, self.save)
        if self.html is not None:
            self._write_page(trace, wish, self.html)
        if self.json_path is not None:
            write_json(trace, self.json_path)
        if self.json_path != "-":
            self._tell(trace, wish, ending, more)
        if self.verify:
            self._verify(trace)

    def _write_page(self, trace: "Trace", wish: "Wish", path: Path) -> None:
        import webbrowser

        from tracetf.views.page import write_page

        write_page(trace, path, wish, self.lang)
        if self.open_page and not webbrowser.open(path.resolve().as_uri()):
            warnings.warn(f"no browser could be opened; open {path} yourself", stacklevel=1)

    def _tell(
        self, trace: "Trace", wish: "Wish", ending: str, more: "Callable[[Terminal, Words], None]"
    ) -> None:
        from tracetf.views.console import print_trace
        from tracetf.words import words

        console = terminal(self.width, self.color)
        said = words(self.lang)
        print_trace(console, trace, wish, said, wait_for_enter if self.step else lambda: None)
        if ending:
            console.print()
            console.print(ending, style="bold", markup=False, highlight=False)
        if not wish.everything:
            hints = "more_learning" if "loss.loss" in trace else "more"
            console.print(said.screen[hints], style="dim", markup=False, highlight=False)
        more(console, said)

    def _verify(self, trace: "Trace") -> None:
        from tracetf.trace import verify

        report = verify(trace)
        click.echo(str(report), err=self.json_path == "-")
        if not report:
            sys.exit(1)


def terminal(width: int | None = None, color: str = "auto") -> "Terminal":
    """Return where to print: without escapes if asked, or if nobody could see them."""
    from tracetf.views.terminal import Terminal

    plain = color == "never" or (
        color == "auto"
        and ("NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty())
    )
    if plain:
        return Terminal(width=width, color_system=None, force_terminal=False)
    return Terminal(width=width, color_system="truecolor", force_terminal=True, no_color=False)


def view_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how a trace is shown, and hand them on as one `view`."""

    @wraps(command)
    def with_view(**given: Any) -> None:
        command(view=View(**{field.name: given.pop(field.name) for field in fields(View)}), **given)

    for option in reversed(OPTIONS):
        option(with_view)
    return with_view


def strategy_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how words are chosen, and hand on those that were given as one `strategy`."""

    @wraps(command)
    def with_strategy(**given: Any) -> None:
        asked = {name: given.pop(name) for name in STRATEGY}
        command(strategy={name: value for name, value in asked.items() if value is not None}, **given)

    for option in reversed(STRATEGY.values()):
        option(with_strategy)
    return with_strategy


def check(trace: "Trace", wish: "Wish") -> None:
    """Refuse a wish that no event of the trace fulfils.

    Raises:
        ValueError: a glob that matches nothing, a layer or a head that is not there.
    """
    if not any(wish.matches(event) for event in trace):
        raise ValueError(nothing_matches(trace, wish))
    layers, heads = trace.dimensions.get("layers"), trace.dimensions.get("heads")
    if isinstance(layers, int) and wish.layer >= layers:
        raise ValueError(f"--layer {wish.layer} is not there; the model has layers 0 to {layers - 1}")
    if isinstance(heads, int) and wish.head is not None and wish.head >= heads:
        raise ValueError(f"--head {wish.head} is not there; the model has heads 0 to {heads - 1}")


def nothing_matches(trace: "Trace", wish: "Wish") -> str:
    """Say that globs match nothing, and what is near them."""
    from difflib import get_close_matches

    known = dict.fromkeys(name for event in trace for name in (event.module, event.path))
    near = get_close_matches(wish.only, known, n=3, cutoff=0.4) or list(known)[:3]
    return (
        f"no step matches --only {wish.only!r} in --phase {wish.phase!r}; the phases are "
        f"{', '.join(trace.phases)}, paths near yours: {', '.join(near)}, and globs take * and ?"
    )


def write_json(trace: "Trace", path: str) -> None:
    """Write a trace as JSON lines to a file, whole or not at all, or to standard output."""
    from tracetf.files import whole_file
    from tracetf.trace.lines import json_lines

    if path == "-":
        for line in json_lines(trace):
            print(line)
        return
    with whole_file(Path(path)) as draft, draft.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in json_lines(trace))


def wait_for_enter() -> None:
    """Wait for Enter; at the end of the input, wait no more."""
    if sys.stdin.isatty():
        sys.stdin.readline()
