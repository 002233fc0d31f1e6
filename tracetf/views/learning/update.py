"""The learning rate, Adam's numbers for one weight, and how far the weights move."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
from rich.text import Text

from tracetf.views.ink import figure, operand, raised
from tracetf.views.learning.backward import layer_or_part
from tracetf.views.learning.page import Page

ADAM = ".adam."


def update(page: Page) -> Iterator[Text]:
    """Tell the learning rate, what Adam does with one weight, and how far each layer moves."""
    rate = page.at("schedule.rate")
    step, peak, warmup = (rate.numbers[name] for name in ("step", "peak", "warmup"))
    yield Text("rate = peak · min(step / warmup, √(warmup / step))", style="bold")
    yield Text(
        f"     = {figure(peak)} · min({step} / {warmup}, √({warmup} / {step})) = {figure(float(rate.value))}"
    )
    yield Text()
    yield from _one_weight(page)
    if step == 1:
        yield Text(page.say["lesson_first"])
    ratios: dict[str, list[float]] = defaultdict(list)
    for event in page.step():
        if event.path.endswith(".adam.ratio"):
            ratios[layer_or_part(event.path)].append(float(event.value))
    yield Text()
    yield Text(page.say["lesson_ratios"])
    yield from page.bars({part: median(told) for part, told in ratios.items()})


def _one_weight(page: Page) -> Iterator[Text]:
    """Yield the formulas of Adam with the numbers of the weight whose gradient is the largest."""
    name = f"decoder.layers.{page.wish.layer}.cross_attention.W_Q"
    update = page.at(f"{name}.adam.update")
    gradient = page.at(f"{name}.gradient.clipped")
    index = np.unravel_index(np.abs(gradient.value).argmax(), gradient.shape)
    place = ", ".join(f"{axis} {number}" for axis, number in zip(gradient.axes, index, strict=True))
    yield Text(page.say["lesson_one"].format(path=name, place=place))

    def told(name: str, write: Callable[..., str] = figure, figures: int = 3) -> str:
        return write(float(page.at(f"{update.module}.{name}").value[index]), figures)

    g, number = float(gradient.value[index]), update.numbers
    beta_1, beta_2 = (f"{number[name]:g}" for name in ("beta_1", "beta_2"))
    rest_1, rest_2 = (f"{1 - number[name]:g}" for name in ("beta_1", "beta_2"))
    power, rate, epsilon = raised(int(number["step"])), figure(number["rate"]), figure(number["epsilon"])
    lines = {
        "gradient": figure(g),
        "moment_1": f"{beta_1} · {told('moment_1_before', operand)} + {rest_1} · {operand(g)}",
        "moment_2": f"{beta_2} · {told('moment_2_before')} + {rest_2} · ({figure(g)})²",
        "corrected_1": f"{told('moment_1')} / (1 − {beta_1}{power})",
        "corrected_2": f"{told('moment_2')} / (1 − {beta_2}{power})",
        "update": f"{rate} · {told('corrected_1', operand)} / (√({told('corrected_2')}) + {epsilon})",
        "after": f"{told('before', figures=7)} − {told('update', operand)}",
    }
    label = max(map(len, lines))
    for name, formula in lines.items():
        figures = 7 if name == "after" else 3
        result = "" if name == "gradient" else f" = {told(name, figures=figures)}"
        yield Text(f"{name:{label}} = {formula}{result}")
