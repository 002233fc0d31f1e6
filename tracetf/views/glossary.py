"""A step explained in words."""

from textwrap import fill

from tracetf.steps import Step
from tracetf.words import Words

WIDTH = 80


def entry(step: Step, words: Words) -> str:
    """Return what there is to say of a step, as plain text."""
    word = words.steps[step.key]
    say = words.screen
    facts = {
        say["formula"]: step.formula,
        say["axes"]: step.axes,
        say["reads"]: " ".join(step.reads) or say["given"],
        say["source"]: step.source,
    }
    return "\n".join(
        [
            f"{word.title}  ({step.key})",
            "",
            *(fill(text, WIDTH) for text in (word.what, word.why)),
            fill(f"{say['avoid']} {word.avoid}", WIDTH),
            "",
            *(f"  {name}: {fact}" for name, fact in facts.items()),
        ]
    )
