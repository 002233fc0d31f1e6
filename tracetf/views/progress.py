"""How a training goes, in a terminal: a line that lives, and lines that stay for epochs and judgements."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import exp
from statistics import fmean
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Self

from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.text import Text

MEASURES = {"bleu": "BLEU", "chrf": "chrF"}
BETWEEN = " · "
RECENT = 100
SECONDS_BETWEEN_PICTURES = 0.1
MOST = 50.0  # nats; e to the power of more is no perplexity that anybody reads


class Moment(NamedTuple):
    """Hold what one step did, and when it was done."""

    time: float
    step: int
    epoch: int
    loss: float
    rate: float
    tokens: int


class Reporter:
    """Tell how a training goes: live where there is a terminal, else once an epoch and once a judgement.

    Args:
        console: where to tell it.
        words: what the screen says, by key.
        steps: training steps in all.
    """

    def __init__(self, console: Console, words: Mapping[str, str], steps: int) -> None:
        self._console, self._words, self._steps = console, words, steps
        live = Live(console=console, auto_refresh=False, transient=True)
        self._live = live if console.is_terminal else None
        self._recent: deque[Moment] = deque(maxlen=RECENT)
        self._shown = 0.0
        self._told = 0

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
        if self._recent and self._told < self._recent[-1].step:
            self._tell(self._parts())

    def say(self, *lines: str) -> None:
        """Say something that stays."""
        for line in lines:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def step(self, step: int, epoch: int, loss: float, rate: float, tokens: int) -> None:
        """Tell what one step did.

        Args:
            step: which, from 1.
            epoch: which time through the pairs, from 1.
            loss: mean per token, in nats.
            rate: learning rate.
            tokens: how many it learned from.
        """
        now = monotonic()
        if not self._live and self._recent and self._recent[-1].epoch != epoch:
            self._tell(self._parts())
        self._recent.append(Moment(now, step, epoch, loss, rate, tokens))
        if self._live and now - self._shown >= SECONDS_BETWEEN_PICTURES:
            self._live.update(Text("\n".join(folded(self._parts(), self._console.width)), style="dim"))
            self._live.refresh()
            self._shown = now

    def judged(self, step: int, found: Mapping[str, Any]) -> None:
        """Tell what was found on held-out pairs.

        Args:
            step: after which.
            found: loss, perplexity, exact match, BLEU, chrF, as far as they were measured.
        """
        said = self._words
        parts = [
            said["learn_step"].format(step=f"{step:,}", steps=f"{self._steps:,}"),
            said["learn_held_out"].format(f"{found['loss']:.4f}"),
            said["learn_perplexity"].format(f"{found['perplexity']:,.2f}"),
        ]
        if "exact_match" in found:
            parts.append(said["learn_exact"].format(f"{found['exact_match']:.1%}"))
        parts += [f"{name} {found[key]:.1f}" for key, name in MEASURES.items() if key in found]
        self._tell(parts)

    def _tell(self, parts: Sequence[str]) -> None:
        """Say where the training stands: folded for a person, for a file one line."""
        self.say(*folded(parts, self._console.width) if self._live else [BETWEEN.join(parts)])
        self._told = self._recent[-1].step if self._recent else 0

    def _parts(self) -> list[str]:
        """Say where the training stands; loss and speed are those of the last hundred steps."""
        said, recent, last = self._words, self._recent, self._recent[-1]
        loss = fmean(moment.loss for moment in recent)
        parts = [
            said["learn_step"].format(step=f"{last.step:,}", steps=f"{self._steps:,}"),
            said["learn_epoch"].format(last.epoch),
            said["learn_loss"].format(f"{loss:.4f}"),
            said["learn_perplexity"].format(f"{exp(min(loss, MOST)):,.2f}"),
            said["learn_rate"].format(f"{last.rate:.2e}"),
        ]
        if len(recent) > 1 and (seconds := last.time - recent[0].time):
            left = (self._steps - last.step) * seconds / (len(recent) - 1)
            tokens = sum(moment.tokens for moment in recent) - recent[0].tokens
            parts.append(said["learn_speed"].format(f"{tokens / seconds:,.0f}"))
            parts.append(said["learn_left"].format(timedelta(seconds=round(left))))
        return parts


def folded(parts: Sequence[str], width: int) -> list[str]:
    """Put parts in as few lines as hold them."""
    lines: list[str] = []
    for part in parts:
        longer = lines[-1] + BETWEEN + part if lines else part
        if lines and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines
