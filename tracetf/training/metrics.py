"""What a training said of itself: one strict JSON object a line, so that a kill costs one line at most."""

import json
from math import isfinite
from pathlib import Path
from typing import Any

from tracetf.files import whole_file

METRICS = "metrics.jsonl"

Line = dict[str, Any]


def read_metrics(path: Path) -> list[Line]:
    """Return the lines of a metrics file; a last one that was broken off is left out.

    Raises:
        ValueError: a line that is no JSON object, named by its number.
        OSError: the file cannot be read.
    """
    *whole, _ = path.read_bytes().split(b"\n")  # what stands behind the last line's end was broken off
    return [_line(path, place, line) for place, line in enumerate(whole, 1)]


def _line(path: Path, place: int, line: bytes) -> Line:
    try:
        said = json.loads(line)
        if not isinstance(said, dict) or type(said.get("step")) is not int:
            raise ValueError("it is no object that names a step")
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"line {place} of {path} says no metrics: {error}; each is a JSON object such as "
            '{"step": 1, "loss": 5.2}'
        ) from error
    return said


def cut_after(path: Path, step: int) -> None:
    """Leave out what was said after a step, for it will be said again; and a last line that was broken off.

    Raises:
        ValueError, OSError: as `read_metrics`; the file cannot be written.
    """
    kept = [line for line in read_metrics(path) if line["step"] <= step] if path.exists() else []
    with whole_file(path) as draft, draft.open("w", encoding="utf-8") as file:
        file.writelines(_json(line) for line in kept)


def append(path: Path, **said: Any) -> None:
    """Append one line, on its way to the disk at once.

    Raises:
        OSError: the file cannot be written; what there is of the line, `read_metrics` leaves out.
    """
    with path.open("a", encoding="utf-8") as file:
        file.write(_json(said))


def _json(said: Line) -> str:
    """Return a line of strict JSON, in which what is not finite is null."""
    finite = {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in said.items()
    }
    return json.dumps(finite, ensure_ascii=False, allow_nan=False) + "\n"
