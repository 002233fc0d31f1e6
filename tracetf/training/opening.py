"""How a training begins in a folder of its own, or goes on in the folder where it stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from errno import ENOTDIR
from pathlib import Path
from typing import Any

from tracetf.files import whole_file
from tracetf.training.config import to_toml
from tracetf.training.distributed import Processes, join
from tracetf.training.lessons import build, read_lessons, translator
from tracetf.training.metrics import METRICS, cut_after
from tracetf.training.run import CHECKPOINT, STATE, Run
from tracetf.training.settings import SETTINGS, Settings
from tracetf.training.state import State, read_state

CONFIG = "settings.toml"
OURS = (CHECKPOINT, STATE, METRICS, CONFIG)
DRAFTS = tuple(f".{name}.????????" for name in OURS)  # a kill leaves them
SNAPSHOTS = "snapshots/step-*.safetensors"


def begin(folder: str | Path, settings: Settings, force: bool = False) -> Run:
    """Begin a training in a folder, which is made if it is not there.

    Args:
        force: begin even where another training is kept, and forget that one.

    Raises:
        ValueError: another training is kept there or under way, or the pairs cannot be learned from.
        OSError: a file cannot be read or written.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(ENOTDIR, "there is something that is no folder", str(folder))
    there = [name for name in OURS if (folder / name).exists()]
    with _joined(settings) as together:
        if together.any(together.first and bool(there) and not force):
            raise ValueError(
                f"{folder} holds a training already ({', '.join(there)}); "
                "go on with it by --resume, forget it by --force, or choose another folder with --out"
            )
        pairs = read_lessons(settings)
        model = translator(settings, pairs).to(together.device)
        run = Run(folder, settings, pairs, model, State.of(model), together)
        if together.first:
            folder.mkdir(parents=True, exist_ok=True)
            run.lock()
            run.save()  # before anything is removed: with no room for it, nothing is forgotten
            _remove(folder, METRICS, SNAPSHOTS, *DRAFTS)
            _write_config(folder, settings)
        return run


def resume(folder: str | Path, **changes: Any) -> Run:
    """Go on with the training that is kept in a folder, as if it had not stopped.

    Args:
        changes: settings that are to be others from now on, as far as they may.

    Raises:
        ValueError: no training there, a damaged one, one that is under way, or another setting or other
            pairs than it began with.
        OSError: a file cannot be read or written.
    """
    folder = Path(folder)
    if not (folder / STATE).exists():
        raise ValueError(f"{folder} holds no training to go on with; begin one without --resume")
    kept = read_state(folder / STATE)
    settings, done = _changed(kept.settings, changes, folder), kept.place["step"]
    if settings.steps < done:
        raise ValueError(
            f"steps={settings.steps} are fewer than the {done:,} that are done; give more, or leave it out"
        )
    with _joined(settings) as together:
        pairs = read_lessons(settings)
        if pairs.digest != kept.digest:
            raise ValueError(
                f"the sentence pairs are not those that the training in {folder} began with; "
                "give it back the files it had, or begin another one"
            )
        model = build(settings, *kept.tokenizers).to(together.device)
        run = Run(folder, settings, pairs, model, kept.put_into(model), together)
        if together.first:
            run.lock()
            _remove(folder, *DRAFTS)
            _write_config(folder, settings)
            cut_after(folder / METRICS, run.state.step)
        return run


@contextmanager
def _joined(settings: Settings) -> Iterator[Processes]:
    """Join the processes that share the work, and leave them again if nothing comes of it."""
    together = join(settings.device, settings.threads)
    try:
        yield together
    except BaseException:
        together.leave()
        raise


def _changed(settings: Settings, changes: dict[str, Any], folder: Path) -> Settings:
    began = asdict(settings)
    new = replace(settings, **changes)
    for name, value in asdict(new).items():
        if value != began[name] and not SETTINGS[name].metadata["later"]:
            free = [name for name, one in SETTINGS.items() if one.metadata["later"]]
            raise ValueError(
                f"the training in {folder} began with {name}={began[name]!r}, not {value!r}; "
                f"leave it out, or begin another one: only {', '.join(free)} may change"
            )
    return new


def _write_config(folder: Path, settings: Settings) -> None:
    with whole_file(folder / CONFIG) as draft:
        draft.write_text(to_toml(settings), encoding="utf-8")


def _remove(folder: Path, *globs: str) -> None:
    for path in (path for glob in globs for path in folder.glob(glob)):
        path.unlink()
