"""How numbers that differ are written, so that the difference is seen."""

from math import floor, inf, isfinite, isnan, log10


def figures(a: float, b: float) -> tuple[str, str]:
    """Write two numbers with as many decimals as it takes to tell them apart, at least two."""
    delta = abs(a - b)
    decimals = max(2, 1 - floor(log10(delta))) if 0 < delta < inf else 2
    return _figure(a, decimals), _figure(b, decimals)


def short(number: float) -> str:
    """Write a Δ, or a plain number, with three figures or all before the point."""
    if number == inf:
        return "∞"
    text = f"{number:.0f}" if 1000 <= abs(number) < 1e6 else f"{number:.3g}"
    return text.replace("e-0", "e-").replace("-", "−")


def _figure(value: float, decimals: int) -> str:
    if isnan(value):
        return "NaN"
    if not isfinite(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{decimals}f}" if abs(value) < 1e9 else f"{value:.7g}"
    return text.replace("-", "−")
