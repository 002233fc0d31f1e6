"""How one number looks in a terminal: its digits, its colour, its shade."""

import numpy as np
from rich.text import Text

SHADES = " ░▒▓█"
MASKED = "−∞"
LIGHT, DARK = (255, 255, 255), (20, 20, 20)
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POSITIVE, NEGATIVE = (37, 99, 235), (217, 119, 6)


def digits(value: float, whole: bool = False) -> str:
    """Write a number in two decimals, with a true minus sign; −∞ as such, a truth as ● or ·."""
    if isinstance(value, bool | np.bool_):
        return "●" if value else "·"
    if np.isinf(value):
        return MASKED if value < 0 else "∞"
    text = f"{value:d}" if whole else f"{value:.2f}"
    return ("0.00" if text == "-0.00" else text).replace("-", "−")


def figure(value: float, figures: int = 3) -> str:
    """Write a number in so many significant figures; a very small or large one with a power of ten."""
    text = f"{value:.{figures}g}".replace("-", "−")
    number, _, exponent = text.partition("e")
    if not exponent:
        return number
    power = power_of_ten(int(exponent.replace("−", "-")))
    return power if number == "1" else f"{number}·{power}"


def operand(value: float, figures: int = 3) -> str:
    """Write a number as it stands after a sign: a negative one in brackets."""
    text = figure(value, figures)
    return f"({text})" if text.startswith("−") else text


def raised(exponent: int) -> str:
    """Write an exponent, `⁻³`."""
    return str(exponent).translate(RAISED)


def percent(share: float) -> str:
    """Write a share in percent: one decimal, two where it is below 1 %."""
    return f"{share:.1%}" if share >= 0.01 else f"{share:.2%}"


def power_of_ten(exponent: int) -> str:
    """Write a power of ten, `10⁻³`."""
    return f"10{raised(exponent)}"


def strength(value: np.generic, bounds: tuple[float, float]) -> float | None:
    """Return where a number stands on its scale, ±1 at its ends; an id or −∞ has no place on it."""
    if not isinstance(value, np.floating) or not np.isfinite(value):
        return None
    return float(np.clip(value / bounds[1], -1, 1))


def cell(text: str, share: float | None, width: int, coloured: bool) -> Text:
    """Return a cell of a heat map: digits on a colour, or digits and a shade where there are no colours."""
    if not coloured:
        return Text(text.rjust(width - 1) + SHADES[round(abs(share or 0) * (len(SHADES) - 1))])
    if share is None:
        return Text(text.rjust(width), style="dim" if text == MASKED else "")
    return Text(text.rjust(width), style=_paint(share))


def _paint(share: float) -> str:
    hue = POSITIVE if share > 0 else NEGATIVE
    paper = tuple(round(255 + (tone - 255) * abs(share)) for tone in hue)
    ink = DARK if sum(paper) > 400 else LIGHT
    return f"rgb({ink[0]},{ink[1]},{ink[2]}) on rgb({paper[0]},{paper[1]},{paper[2]})"
