"""Draw the README's picture of the terminal: `python docs/picture.py`."""

from io import StringIO
from pathlib import Path

from rich.console import Console

import tracetf
from tracetf.views.console import print_trace
from tracetf.views.story import Wish
from tracetf.words import words

SHOWN = (
    Wish(only="decoder.layers.0.self_attention.[mw][ae]*", phase="decode 6", head=0),
    Wish(only="decoder.layers.1.cross_attention.weights", phase="decode 6"),
    Wish(only="probabilities", phase="decode 3"),
)
# Rich's own format names a font on somebody else's server; a picture asks nobody for anything.
FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
aria-label="tracetf trace in a terminal">
<style>.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", "D2Coding", "NanumGothicCoding", monospace;
font-size: {char_height}px; line-height: {line_height}px; }}
{styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
<rect width="{width}" height="{height}" rx="10" fill="#22252b"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def terminal() -> str:
    """Trace the first sentence and draw three places of it."""
    model = tracetf.load()
    with tracetf.record(model) as trace:
        model.translate("I am a student")
    console = Console(
        file=StringIO(), record=True, width=96, force_terminal=True, color_system="truecolor", no_color=False
    )
    for wish in SHOWN:
        print_trace(console, trace, wish, words("en"))
    return console.export_svg(code_format=FORMAT, title="", unique_id="tracetf")


if __name__ == "__main__":
    Path(__file__).with_name("terminal.svg").write_text(terminal(), encoding="utf-8")
