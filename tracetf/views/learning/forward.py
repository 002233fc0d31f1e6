"""Teacher forcing: what each row reads, what it sees, what it must predict."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from tracetf.views.learning.page import Page, left, right
from tracetf.views.story import OPEN_MASK


def forward(page: Page) -> Iterator[Text]:
    """Tell what each row of the decoder reads, sees and must predict."""
    rows = page.rows()
    words = [read for read, _ in rows]
    unmasked = OPEN_MASK in page.trace
    yield Text(page.say["lesson_open" if unmasked else "lesson_shift"])
    if any(event.name == "kept" for event in page.step()):
        yield Text(page.say["lesson_dropout"])
    yield Text()
    table = [tuple(page.say[f"lesson_{name}"] for name in ("reads", "sees", "predicts"))]
    mask = page.at(OPEN_MASK if unmasked else "target_mask")
    for (read, expected), may_look in zip(rows, mask.value[0], strict=True):
        seen = [word for word, may in zip(words, may_look, strict=True) if may]
        table.append((read, " ".join(seen), expected))
    first, middle, last = (max(map(cell_len, column)) for column in zip(*table, strict=True))
    middle = max(8, min(middle, page.width - first - last - 4))
    for number, (read, sees, predicts) in enumerate(table):
        line = Text(right(read, first), style="" if number else "bold")
        line.append("  " + left(_ending(sees, middle), middle) + "  ", style="dim" if number else "")
        yield line.append(predicts)


def _ending(text: str, width: int) -> str:
    """Return as many of the last words of a text as fit."""
    if cell_len(text) <= width:
        return text
    words = text.split(" ")
    while len(words) > 1 and cell_len(" ".join(["…", *words])) > width:
        words = words[1:]
    return " ".join(["…", *words])
