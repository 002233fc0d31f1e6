"""Probabilities beside the smoothed target, row by row, and the loss that they make."""

from collections.abc import Iterator
from math import exp

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from tracetf.steps.table import Array
from tracetf.views.ink import figure, percent
from tracetf.views.learning.page import Page, left, right

MOST = 8


def loss(page: Page) -> Iterator[Text]:
    """Tell each row's probabilities beside its target, and how the loss is made of them."""
    final = page.at("loss.loss")
    target, expected = page.at("loss.smoothed_target").value[0], page.at("expected").value[0]
    yield Text(
        page.say["lesson_target"].format(
            expected=percent(target[0].max()),
            other=percent(target[0].min()),
            smoothing=final.numbers["smoothing"],
            words=target.shape[-1],
        )
    )
    counted = expected != final.numbers["padding"]
    for row, (read, word) in enumerate(page.rows()):
        yield Text()
        yield Text(f"{read} → {word}", style="bold")
        yield from _row(page, row) if counted[row] else [Text(page.say["lesson_padding"], style="dim")]
    summands = " + ".join(map(figure, page.at("loss.counted").value[0][counted]))
    yield Text()
    words, mean = final.numbers["words"], float(page.at("loss.nll").value[0][counted].mean())
    yield Text(f"loss = ({summands}) / {words} = {figure(float(final.value), 4)}", style="bold")
    yield Text(
        page.say["lesson_perplexity"].format(
            nll=figure(mean), perplexity=figure(exp(mean)), least=figure(_entropy(target[0]))
        )
    )


def _row(page: Page, row: int) -> Iterator[Text]:
    """Yield a row's likeliest words, the expected one first, over what the target gives them; its parts."""
    predicted = page.at("probabilities").value[0, row]
    target = page.at("loss.smoothed_target").value[0, row]
    expected = int(page.at("expected").value[0, row])
    names = [page.say["lesson_probabilities"], page.say["lesson_smoothed_target"]]
    label = max(map(cell_len, names))
    lines = [Text(f"  {right(name, label)}", style="dim") for name in names]
    best = [expected, *(word for word in np.argsort(-predicted, kind="stable")[:MOST] if word != expected)]
    for word in best:
        spelt = page.trace.vocabularies["target"][word] if "target" in page.trace.vocabularies else str(word)
        cells = [f"{spelt} {percent(share[word])}" for share in (predicted, target)]
        width = max(map(cell_len, cells))
        if lines[0].cell_len + 2 + width > page.width:
            break
        for line, cell in zip(lines, cells, strict=True):
            line.append("  " + left(cell, width), style="not dim bold" if word == expected else "not dim")
    yield from lines
    parts = [figure(page.at(f"loss.{name}").value[0, row]) for name in ("nll", "uniform", "smoothed")]
    nll, uniform, smoothed = parts
    share = page.at("loss.loss").numbers["smoothing"]
    yield Text(f"  nll = −log {figure(predicted[expected])} = {nll} · uniform = {uniform}")
    yield Text(f"  smoothed = {1 - share:g} · {nll} + {share:g} · {uniform} = {smoothed}")


def _entropy(shares: Array) -> float:
    known = shares[shares > 0].astype(np.float64)
    return float(-(known * np.log(known)).sum())
