"""A training that is kept in a folder: stopped at any moment, it goes on as if it had not been."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from math import isinf
from pathlib import Path
from time import monotonic
from typing import Any, Self

from tracetf.training.batches import numbered
from tracetf.training.distributed import Processes
from tracetf.training.judging import averaged, copied, fitting, in_evaluation, judge, lent
from tracetf.training.lessons import Lessons, snapshot_pair
from tracetf.training.lock import Lock
from tracetf.training.metrics import METRICS, append
from tracetf.training.settings import Settings
from tracetf.training.state import State, write_state
from tracetf.training.trainer import Progress, train
from tracetf.translate import Translator

CHECKPOINT, STATE = "checkpoint.safetensors", "last.safetensors"
MINUTE = 60

Watch = Callable[[int, Translator], None]


@dataclass(frozen=True, slots=True)
class News:
    """Say what one step did, and what was found on held-out pairs if the model was judged after it.

    Args:
        progress: what the step did.
        judged: loss, perplexity, exact match, BLEU, chrF; empty where the model was not judged.
    """

    progress: Progress
    judged: dict[str, Any] = field(default_factory=dict)


class Run:
    """Hold a model, what it learns from, and the folder in which its training is kept.

    In the folder: `checkpoint.safetensors`, the model with the smallest loss on held-out pairs so far;
    `last.safetensors`, what it takes to go on; `metrics.jsonl`, a line for every step and every validation.

    Args:
        folder: where to keep it.
        settings: how to train.
        pairs: what to learn from and what to judge by.
        model: as it is now.
        state: how far it is.
        together: the processes that share the work; the first alone judges, and writes files.

    Raises:
        ValueError: no pair, or not the one to watch, is short enough for the model.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        pairs: Lessons,
        model: Translator,
        state: State,
        together: Processes,
    ) -> None:
        self.folder, self.settings, self.pairs = folder, settings, pairs
        self.model, self.state, self.together = model, state, together
        self.learned, self.too_long = numbered(model, pairs.learned)
        self.held_out, _ = numbered(model, pairs.held_out)
        if not self.learned:
            raise ValueError(f"no pair has less than longest={settings.longest} tokens; let longest be more")
        self.scored = fitting(model, pairs.held_out)[: settings.score]
        self.watched = snapshot_pair(settings, pairs)
        if self.watched and not fitting(model, [self.watched]):
            raise ValueError(
                f"the sentence to watch, {self.watched.source!r:.60}, or its translation has longest="
                f"{settings.longest} tokens or more; give a shorter one with snapshot_sentence"
            )
        self._stop = False
        self._lock: Lock | None = None
        self._saved, self._kept = monotonic(), state.step

    @property
    def checkpoint(self) -> Path:
        """Where the best model so far is."""
        return self.folder / CHECKPOINT

    def stop(self) -> None:
        """Let the training end after the step it is in, or the next if it is between two, everything kept."""
        self._stop = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.together.leave()
        if self._lock:
            self._lock.open()

    def lock(self) -> None:
        """Keep other processes from training in this folder until this one is done.

        Raises:
            ValueError: another one is.
            OSError: the folder cannot be written to.
        """
        self._lock = Lock(self.folder)

    def train(self, watch: Watch | None = None) -> Iterator[News]:
        """Train to the last step, or until patience or somebody ends it, yielding after every step.

        Args:
            watch: called with the step and the model at step 0 and every `snapshots` steps from there.

        Raises:
            ValueError: the loss is not finite, or a file cannot be written; what was kept before is good.
        """
        if self._waited_enough:
            return
        first = self.together.first
        if first and not self.state.step:
            self._show(watch)
        for progress in self._steps():
            judged = self._look_at(progress, watch) if first else {}
            last = progress.step == self.settings.steps
            over = last or self.together.any(self._stop or self._waited_enough)
            if first and (over or self._time_to_save):
                with self._writing():
                    self.save()
            yield News(progress, judged)
            if over:
                self.model.eval()
                return

    def save(self) -> None:
        """Keep everything that it takes to go on; until the model is first judged, a checkpoint too.

        Raises:
            OSError: it cannot be written; what was kept before is as it was.
        """
        tokenizers = (self.model.reader, self.model.writer)
        path, digest = self.folder / STATE, self.pairs.digest
        write_state(path, self.model, self.state, self.settings, tokenizers, digest)
        if isinf(self.state.best):
            self._write_checkpoint()
        self._saved, self._kept = monotonic(), self.state.step

    def _steps(self) -> Iterator[Progress]:
        try:
            yield from train(self.model, self.learned, self.settings, self.state, self.together)
        except ValueError as error:
            wrong, _, remedy = str(error).rpartition("; ")
            raise ValueError(f"{wrong}: {self._unharmed}; {remedy}") from error

    def _look_at(self, progress: Progress, watch: Watch | None) -> dict[str, Any]:
        """Note what a step did; judge the model, and let it be watched, where that is due."""
        step, settings, metrics = progress.step, self.settings, self.folder / METRICS
        judged: dict[str, Any] = {}
        with self._writing():
            append(metrics, kind="step", **asdict(progress))
            if self.held_out and (step % settings.validate_every == 0 or step == settings.steps):
                judged = self._judge()
                append(metrics, kind="validation", step=step, **judged)
        self._show(watch)
        return judged

    def _show(self, watch: Watch | None) -> None:
        every, step = self.settings.snapshots, self.state.step
        if watch and every and step % every == 0:
            with self._writing(), in_evaluation(self.model):
                watch(step, self.model)

    def _judge(self) -> dict[str, Any]:
        """Judge the mean of the last weights, and keep it as the checkpoint if none was better."""
        recent, state = self.state.recent, self.state
        recent.append(copied(self.model))
        while len(recent) > self.settings.average:
            recent.popleft()
        with lent(self.model, averaged(recent)):
            judged = judge(self.model, self.held_out, self.scored, self.settings.smoothing)
            if judged["loss"] < state.best:
                state.best, state.stale = judged["loss"], 0
                self._write_checkpoint(**judged)
            else:
                state.stale += 1
        return judged

    def _write_checkpoint(self, **judged: Any) -> None:
        made = self.model.checkpoint()
        provenance = made.provenance | {"step": self.state.step, **judged}
        replace(made, provenance=provenance).write(self.checkpoint)

    @property
    def _waited_enough(self) -> bool:
        return 0 < self.settings.patience <= self.state.stale

    @property
    def _time_to_save(self) -> bool:
        minutes = (monotonic() - self._saved) / MINUTE
        return self.state.step % self.settings.save_every == 0 or minutes >= self.settings.save_minutes

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ValueError(
                f"{error.filename or self.folder}: {error.strerror or error}: {self._unharmed}; "
                "make room or mend the folder, then go on with --resume"
            ) from error

    @property
    def _unharmed(self) -> str:
        return f"{self.folder / STATE} is as it was kept after step {self._kept}"
