"""A step explained in words."""

from rich.console import Console
from rich.text import Text

from tracetf.steps import Step
from tracetf.views.terminal import print_indented
from tracetf.words import Words


def print_step(console: Console, step: Step, words: Words) -> None:
    """Print what there is to say of a step: what it is, why, what not to think, and its formula."""
    word, say = words.of(step), words.screen
    facts = {
        say["formula"]: step.formula,
        say["axes"]: step.axes,
        say["reads"]: " ".join(step.reads) or say["given"],
        say["source"]: step.source,
    }
    console.print(Text.assemble((word.title, "bold"), f"  {step.key}"))
    for text in (word.what, word.why, f"{say['avoid']} {word.avoid}"):
        console.print()
        print_indented(console, Text(text))
    console.print()
    for name, fact in facts.items():
        print_indented(console, Text.assemble((f"{name}: ", "dim"), fact))
    console.print()
