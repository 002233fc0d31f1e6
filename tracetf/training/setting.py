"""What a setting is: a field with its words, its unit and its range."""

from dataclasses import Field, field
from math import isfinite
from typing import Any

Setting = Field[Any]

KINDS: dict[Any, str] = {int: "whole number", float: "number", str: "text"}


def setting(
    default: Any,
    group: str,
    help: str,
    *,
    unit: str = "",
    least: float | None = None,
    below: float | None = None,
    choices: tuple[str, ...] = (),
    later: bool = False,
) -> Any:
    """Return a field with what an option, a config file and the page on training need to know of it.

    Args:
        unit: what is counted.
        least: smallest value; none when left out.
        below: what it must stay below; no bound when left out.
        choices: the only values; any when left out.
        later: may be another when a training is resumed.
    """
    known = {"group": group, "help": help, "unit": unit, "least": least, "below": below}
    return field(default=default, metadata={**known, "choices": choices, "later": later})


def explained(one: Setting) -> str:
    """Return what a setting means, its unit, and its only values if there are some."""
    known = one.metadata
    choices = [choice for choice in known["choices"] if choice]
    return (
        known["help"]
        + (f" ({known['unit']})" if known["unit"] else "")
        + (f": {', '.join(choices)}" if choices else "")
    )


def checked(one: Setting, value: Any) -> Any:
    """Return a value that a setting may have.

    Raises:
        ValueError: it may not.
    """
    name, known = one.name, one.metadata
    if one.type is float and type(value) is int:
        value = float(value)
    if type(value) is not one.type or (one.type is float and not isfinite(value)):
        raise ValueError(f"{name}={value!r} is no {KINDS[one.type]}; it is: {explained(one)}")
    if known["choices"] and value not in known["choices"]:
        raise ValueError(f"{name}={value!r} is not one of {', '.join(filter(None, known['choices']))}")
    if known["least"] is not None and value < known["least"]:
        raise ValueError(f"{name}={value} must be at least {known['least']}; it is: {explained(one)}")
    if known["below"] is not None and value >= known["below"]:
        raise ValueError(f"{name}={value} must be below {known['below']}; it is: {explained(one)}")
    return value
