"""The glossary, made from the words of the package: every step in both languages."""

from collections.abc import Iterable, Iterator
from html import escape

from docs.live.formulas import mathml
from docs.live.markup import Html
from tracetf.steps import STEPS, Step
from tracetf.words import LANGUAGES, words


def glossary(language: str) -> Html:
    """Return every step with its names in both languages, its formula and what there is to say of it."""
    ours = [step for step in STEPS.values() if step.key in words(language).steps]
    rooms = {step.room: [one for one in ours if one.room == step.room] for step in ours}
    links = " · ".join(f"<a href='#{room}'>{room}</a>" for room in rooms)
    parts = (
        f"<h2 id='{room}'>{room}</h2>{''.join(_entries(steps, language))}" for room, steps in rooms.items()
    )
    return Html(f"<p>{links}</p>{''.join(parts)}")


def _entries(steps: Iterable[Step], language: str) -> Iterator[str]:
    for step in steps:
        own, other = (words(code).of(step) for code in sorted(LANGUAGES, key=lambda code: code != language))
        formula = f"<div class='formula' tabindex='0'>{mathml(step.tex, True)}</div>" if step.tex else ""
        facts = " · ".join(escape(fact) for fact in (step.key, step.axes, step.source) if fact)
        yield (
            f"<h3 id='{step.key}'>{escape(own.title)} "
            f"<small lang='{_other(language)}'>{escape(other.title)}</small></h3>"
            f"<p class='facts'><code>{facts}</code></p>{formula}"
            f"<p>{escape(own.what)} {escape(own.why)}</p><p>{escape(own.avoid)}</p>"
        )


def _other(language: str) -> str:
    return next(code for code in LANGUAGES if code != language)
