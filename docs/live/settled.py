"""The numbers that the pages' prose was written for: if one changes, somebody has to read the page again.

`SETTLE=1 mkdocs build` writes `settled.json` anew. What is learned during the build differs from machine to
machine; a run names it in `VARIES`, and it is not held.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

SETTLED = Path(__file__).with_name("settled.json")
NUMBER = re.compile(r"−?\d[\d,]*(?:\.\d+)?")
TOLERANCE = 0.01
ROUNDING = "10⁻"  # an error of rounding, which is another on every machine

SHOWN: dict[str, str] = {}
"""What each expression gave in this build, by its run and its source."""


def note(run: str, source: str, text: str, varies: tuple[str, ...]) -> None:
    """Remember what an expression gave."""
    if not any(re.search(rf"\b{name}\b", source) for name in varies):
        SHOWN[f"{run}: {source}"] = text


def settle() -> list[str]:
    """Return what has changed since the pages were written; none if it is all to be settled anew.

    Raises:
        OSError: the file cannot be written.
    """
    if "SETTLE" in os.environ:
        SETTLED.write_text(json.dumps(SHOWN, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8")
        return []
    return list(_changes(json.loads(SETTLED.read_text("utf-8")), SHOWN))


def _changes(settled: Mapping[str, str], shown: Mapping[str, str]) -> Iterator[str]:
    for key in sorted(settled.keys() | shown.keys()):
        was, now = settled.get(key, "nothing"), shown.get(key, "nothing")
        if not same(was, now):
            yield f"{{{{ {key} }}}} was {was!r} and is {now!r}"


def same(was: str, now: str) -> bool:
    """Say whether two texts agree, their numbers within a hundredth or one in the last place."""
    if all(ROUNDING in text or text == "0" for text in (was, now)):
        return True
    numbers = [*zip(NUMBER.findall(was), NUMBER.findall(now), strict=False)]
    return NUMBER.sub("#", was) == NUMBER.sub("#", now) and all(_near(a, b) for a, b in numbers)


def _near(was: str, now: str) -> bool:
    last_place = 10.0 ** -len(was.partition(".")[2])
    a, b = (float(text.replace("−", "-").replace(",", "")) for text in (was, now))
    return abs(a - b) <= max(TOLERANCE * abs(a), 1.01 * last_place if "." in was else 0)
