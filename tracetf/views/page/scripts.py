"""The modules of `explorer/` as one classic script: no build, no network, and it works from a file."""

import json
import re
from collections.abc import Set
from functools import cache
from importlib.resources import files

MODULES = (
    *("dom", "numbers", "payload", "run", "matrix", "strip", "grid", "copy", "address", "stage", "keys"),
    *("explain/arithmetic", "explain/inputs", "explain/attention", "explain/block", "explain/outputs"),
    *("explain/loss", "explain/update", "explain/decoding", "explain/recurrent"),
    *("explain/seq2seq", "explain/language", "explain/explain"),
    *("view-header", "view-scrubber", "view-map", "view-places", "view-account", "view-step"),
    *("view-training", "view-loop", "view-heads", "view-positions", "view-proof", "element"),
)
BETWEEN = {"bottleneck", "dot_score", "general_score", "additive_score", "global_attention"}
SELDOM = {
    "explain/loss": {"loss"},
    "explain/update": {"gradient", "schedule", "adam"},
    "explain/decoding": {"rows", "sampling", "beam"},
    "explain/recurrent": {"initial", "rnn", "lstm", "gru", "held", "states", "side_by_side", *BETWEEN},
    "explain/seq2seq": BETWEEN,
    "explain/language": {"bigram", "next_word", "surprisal"},
    "view-training": {"loss"},
}


def script(rooms: Set[str] | None = None) -> str:
    """Return the script of the explorer.

    Args:
        rooms: rooms of the steps that it must be able to recompute; all of ours when left out.
    """
    spared: Set[str] = set() if rooms is None else {name for name, its in SELDOM.items() if not its & rooms}
    return _script(tuple(name for name in MODULES if name not in spared))


@cache
def _script(modules: tuple[str, ...]) -> str:
    style = json.dumps(_bare(source("explorer.css")))
    code = _bare("".join(source(f"{name}.js") for name in modules))
    return f'(() => {{\n"use strict";\nconst STYLE = {style};\n{code}}})();'


@cache
def loader() -> str:
    """Return the script that unpacks the other one."""
    return _bare(source("loader.js"))


def source(name: str) -> str:
    """Return a file of `explorer/`."""
    return files(__package__).joinpath("explorer", *name.split("/")).read_text(encoding="utf-8")


def _bare(code: str) -> str:
    """Return code without its documentation comments and its indentation."""
    return re.sub(r"^\s+", "", re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL), flags=re.MULTILINE)
