"""Ours for somebody else's names, so that their model can be held against the reference."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from tracetf.trace.event import Event
from tracetf.trace.trace import Trace


def renamed(trace: Trace, names: Mapping[str, str]) -> Trace:
    """Return a trace whose events, parameters and numbers have other names.

    A name stands for itself and for whatever follows it after a dot, and `*` for any piece of a path:
    `{"enc.block.*.attn": "encoder.layers.*.self_attention"}`. Rules apply one after the other.

    Raises:
        ValueError: a rule with unlike `*`, a rule that fits no path, two paths that get the same name.
    """
    paths = {event.path: event.path for event in trace}
    for old, new in names.items():
        _check_fits(old, new, paths.values())
        paths = {path: _rename(now, old, new) for path, now in paths.items()}
    _check_distinct(paths)
    copy = Trace(
        _rename_keys(trace.parameters, names),
        _rename_keys(trace.constants, names),
        trace.dimensions,
        trace.vocabularies,
    )
    for event in trace:
        copy.append(Event(**vars(event) | {"path": paths[event.path]}))
    return copy


def likely(theirs: Iterable[str], ours: Iterable[str]) -> tuple[str, str] | None:
    """Return a rule that turns the first of their paths into the nearest of ours, if one is near."""
    theirs, ours = list(theirs), list(ours)
    near = get_close_matches(theirs[0], ours, n=1, cutoff=0.5) if theirs else []
    if not near:
        return None
    old, new = theirs[0].split("."), near[0].split(".")
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        del old[-1], new[-1]
    same = next(
        (i for i, (x, y) in enumerate(zip(old, new, strict=False)) if x != y), min(len(old), len(new)) - 1
    )
    begin = ["*"] if same else []
    return ".".join([*begin, *old[same:]]), ".".join([*begin, *new[same:]])


def _rename_keys(known: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    for old, new in names.items():
        known = {_rename(name, old, new): value for name, value in known.items()}
    return known


def _rename(path: str, old: str, new: str) -> str:
    found = _match(path, old)
    if found is None:
        return path
    for piece in found.groups():
        new = new.replace("*", piece, 1)
    return (new + path[found.end() :]).lstrip(".")


def _match(path: str, old: str) -> re.Match[str] | None:
    return re.match("(.*)".join(map(re.escape, old.split("*"))) + r"(?=\.|$)", path)


def _check_fits(old: str, new: str, paths: Iterable[str]) -> None:
    if old.count("*") != new.count("*"):
        raise ValueError(
            f"{old!r} has {old.count('*')} * and its new name {new!r} has {new.count('*')}; "
            "give both as many, for each * stands for the same piece of a path"
        )
    if not any(_match(path, old) for path in paths):
        known = dict.fromkeys(path[: end.start()] for path in paths for end in re.finditer(r"\.|$", path))
        near = get_close_matches(old, known, n=3, cutoff=0) or ["nothing, for no event was recorded"]
        raise ValueError(f"no path is called {old!r}, which was to be {new!r}; nearest: {', '.join(near)}")


def _check_distinct(paths: Mapping[str, str]) -> None:
    owners: dict[str, str] = {}
    for path, name in paths.items():
        if owners.setdefault(name, path) != path:
            raise ValueError(f"{owners[name]} and {path} would both be called {name}; give each its own name")
