"""Write the table of settings into `docs/training.md`: `python docs/settings.py`."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracetf.training.presets import PRESETS, preset
from tracetf.training.setting import Setting, explained, setting
from tracetf.training.settings import GROUPS, TRANSFORMERS_ALONE, of_group

PAGE = Path(__file__).with_name("training.md")
HEAD, END = "<!-- settings -->\n", "<!-- end of settings -->"


def table(say: Callable[[str], str] = str) -> str:
    """Return every setting with its words, as `say` puts them, and its value in every preset."""
    presets = {name: asdict(preset(name)) for name in PRESETS}
    lines = []
    for group in GROUPS:
        lines += ["", f"| {say(group)} | | {' | '.join(presets)} |", f"|---|---|{'---|' * len(presets)}"]
        for one in of_group(group):
            values = (_cell(known, one.name) for known in presets.values())
            lines.append(f"| `{one.name}` | {explained(_said(one, say))} | {' | '.join(values)} |")
    return "\n".join([*lines[1:], ""])


def _said(one: Setting, say: Callable[[str], str]) -> Setting:
    told = {key: say(one.metadata[key]) for key in ("help", "unit") if one.metadata[key]}
    return setting(one.default, **(one.metadata | told))


def _cell(known: dict[str, Any], name: str) -> str:
    if name in TRANSFORMERS_ALONE and known["architecture"] != "transformer":
        return "–"
    return f"{known[name]:,}" if isinstance(known[name], int) else f"{known[name]}"


def filled(page: str) -> str:
    """Return a page with the table put where its marks are."""
    before, _, rest = page.partition(HEAD)
    _, _, after = rest.partition(END)
    return f"{before}{HEAD}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
