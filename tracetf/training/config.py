"""Settings in a TOML file, and what a mistyped one may have meant."""

import json
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tracetf.training.setting import explained
from tracetf.training.settings import GROUPS, SETTINGS, Settings, of_group


def known(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return given values under the settings' own names, in which - may stand for _.

    Raises:
        ValueError: a name that no setting has.
    """
    named = {name.replace("-", "_"): value for name, value in given.items()}
    for name in named:
        if name not in SETTINGS:
            near = get_close_matches(name, SETTINGS, n=3, cutoff=0.4) or list(SETTINGS)[:3]
            raise ValueError(f"no setting is called {name!r}; nearest: {', '.join(near)}")
    return named


def read_config(path: Path) -> dict[str, Any]:
    """Read settings from a TOML file.

    Raises:
        ValueError: no TOML, or an unknown name.
        OSError: the file cannot be read.
    """
    try:
        return known(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        raise ValueError(f"{path}: {wrong}; {remedy or 'its lines look like: steps = 1000'}") from error


def to_toml(settings: Settings) -> str:
    """Return a config file that says all this, with each setting's words."""
    groups = []
    for group in GROUPS:
        said = [(one, json.dumps(getattr(settings, one.name), ensure_ascii=False)) for one in of_group(group)]
        groups.append([f"# {group}", *(f"{one.name} = {value}  # {explained(one)}" for one, value in said)])
    return "\n\n".join("\n".join(lines) for lines in groups) + "\n"
