"""Text of others, made safe to read: what would steer the text around it is named instead."""

import re

STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def legible(text: str, longest: int) -> str:
    """Return a text as it is read, cut short where it is longer than `longest` characters."""
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return STEERING.sub(lambda found: f"U+{ord(found[0]):04X}", short)
