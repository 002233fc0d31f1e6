"""What a page must know of a trace: its events, what they read, their words in both languages."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from tracetf.steps import Step
from tracetf.steps.table import OWN_AXES
from tracetf.trace import Event, Trace
from tracetf.trace.event import Tokens
from tracetf.trace.labels import predicted
from tracetf.views.matrix import SHARES, bounds_of, predicts
from tracetf.views.page.formulas import mathml
from tracetf.views.page.legible import legible
from tracetf.views.page.links import Link
from tracetf.views.page.payload import Packed
from tracetf.views.page.selection import TOLERANCE, Selection
from tracetf.views.story import OPEN_MASK, layer_of, place_of, scene_of
from tracetf.words import LANGUAGES, Words, words

LONGEST = 40
HALF_TOLERANCE = 1e-2
ANY = -1
OF_SOURCE = ("source", "source_mask")
OUTPUT = ("output.logits", "transformer.probabilities", "transformer.choice")
LEARNING = ("loss", "gradient", "schedule", "adam")


class Describer:
    """Turn a selection of a trace into plain facts and packed arrays."""

    def __init__(self, trace: Trace, chosen: Selection) -> None:
        self.trace = trace
        self.chosen = chosen
        self.packed = Packed(chosen.half)
        self.places = {event.order: place for place, event in enumerate(chosen.events)}
        self.parameters = {name: place for place, name in enumerate(chosen.parameters)}
        self.labels: dict[Tokens, int] = {}

    def text(self) -> str:
        """Return everything as one text, which the page reads."""
        events = [self._event(event) for event in self.chosen.events]
        parameters = [
            {"path": name, "value": self.packed.add(self.trace.parameters[name])} for name in self.parameters
        ]
        steps = {event.step.key: event.step for event in self.chosen.events if event.step}
        return self.packed.text(
            {
                "events": events,
                "parameters": parameters,
                "labels": list(self.labels),
                "steps": {key: _step(step) for key, step in steps.items()},
                "words": {language: _words(words(language), events, steps) for language in LANGUAGES},
                "notes": [{"key": note.key, "blanks": note.blanks} for note in self.chosen.notes],
                "notice": legible(self.trace.notice, 1000),
                "tolerance": HALF_TOLERANCE if self.chosen.half else TOLERANCE,
                "longest": self.trace.dimensions.get("longest", 0),
                "padding": self._padding(),
                "explainable": self.explainable(),
            }
        )

    def explainable(self) -> int:
        """Count the numbers that the page must be able to recompute."""
        counted = [e for e in self.chosen.events if _is_recomputed(e) and self._has_all(e)]
        return sum(prod(self.chosen.kept_shape(event)) for event in counted)

    def _padding(self) -> str:
        """Return the word that fills up short sentences."""
        known = next(iter(self.trace.vocabularies.values()), ())
        padding = self.trace.dimensions.get("padding")
        return legible(known[padding], LONGEST) if isinstance(padding, int) and padding < len(known) else ""

    def _has_all(self, event: Event) -> bool:
        return not any(self._reason(link) for link in self.chosen.links[event.order])

    def _reason(self, link: Link) -> str:
        """Return why something an event read is not in the page, or nothing if it is."""
        if link.missing:
            return "unrecorded"
        if link.parameter is not None:
            return "" if link.parameter in self.parameters else "weights"
        if link.event is None:
            return ""
        if link.event not in self.places:
            return "narrowed"
        return "summary" if _is_summary(self.chosen.events[self.places[link.event]]) else ""

    def _event(self, event: Event) -> dict[str, Any]:
        if np.iscomplexobj(event.value):
            event = event.holding(value=np.abs(event.value))
        facts: dict[str, Any] = {
            "path": legible(event.path, 200),
            "phase": legible(event.phase, LONGEST),
            "step": event.step.key if event.step else "",
            "axes": event.axes,
            "value": self.packed.add(self._kept(event, event.value)),
            "gradient": -1 if event.gradient is None else self.packed.add(self._kept(event, event.gradient)),
            "reads": [self._read(link) for link in self.chosen.links[event.order]],
            "labels": [self._labels(event, axis) for axis in event.axes],
            "predicts": self._predicted(event),
            "share": event.step is not None and event.step.key in SHARES,
            "most": bounds_of(event)[1],
            **_whereabouts(event, OPEN_MASK in self.trace),
        }
        return {key: fact for key, fact in facts.items() if fact is not False and fact not in ("", -1)}

    def _kept(self, event: Event, numbers: Any) -> Any:
        return numbers[tuple(slice(size) for size in self.chosen.kept_shape(event))]

    def _read(self, link: Link) -> dict[str, Any]:
        reason = self._reason(link)
        if reason:
            return {"name": link.name, "missing": reason}
        if link.event is not None:
            return {"name": link.name, "event": self.places[link.event]}
        if link.parameter is not None:
            return {"name": link.name, "parameter": self.parameters[link.parameter]}
        if link.number is None:
            return {"name": link.name}
        odd = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}  # JSON has no numbers for these
        return {"name": link.name, "number": odd.get(str(link.number), link.number)}

    def _labels(self, event: Event, axis: str) -> int:
        """Return the number of the words that an axis runs over, or −1."""
        if axis in event.labels:
            return self._label(event.labels[axis])
        if "target" not in self.trace.vocabularies:
            return -1
        if axis == "vocabulary":
            return self._label((self.trace.vocabularies["target"],))
        if event.name in ("choice", "expected") and axis == event.axes[-1]:
            spelt = self.trace.spell("target", event.value.reshape(event.shape[0], -1))
            return self._label((sum(spelt, ()),) if event.name == "choice" else spelt)
        return -1

    def _predicted(self, event: Event) -> int:
        told = predicted(self.trace, event) if predicts(event) else None
        return -1 if told is None else self._label(told)

    def _label(self, sentences: Tokens) -> int:
        clean = tuple(tuple(legible(word, LONGEST) for word in sentence) for sentence in sentences)
        return self.labels.setdefault(clean, len(self.labels))


def _is_recomputed(event: Event) -> bool:
    """Say whether an event is of a step of ours that has a formula, and has the axes that it takes."""
    step = event.step
    if step is None or step.compute is None or not _is_ours(step):
        return False
    return step.axes == OWN_AXES or len(event.axes) == len(step.axes.split())


def _is_ours(step: Step) -> bool:
    return step.key in words(LANGUAGES[0]).steps


def _is_summary(event: Event) -> bool:
    return event.axes == ("statistic",)


def _whereabouts(event: Event, unmasked: bool) -> dict[str, Any]:
    """Return the block of the model an event is shown in, and the stack that block belongs to."""
    block, stack = scene_of(event), _stack(event)
    if event.module in ("encoder", "decoder") or block.endswith((".embedding", ".positions")):
        block = f"{stack}.embedding"
    elif event.step is not None and event.step.key in OUTPUT:
        block = "output"
    layer = layer_of(event.path)
    found = {"block": block, "place": place_of(block, unmasked) or "words", "stack": stack}
    return found if layer is None else found | {"layer": layer}


def _stack(event: Event) -> str:
    """Return `encoder` or `decoder`, or nothing for what is computed beside them."""
    room = event.step.room if event.step else ""
    if room in LEARNING:
        return ""
    stack = event.module.partition(".")[0]
    if stack in ("encoder", "decoder"):
        return stack
    return "encoder" if event.path in OF_SOURCE else "decoder" if room in ("transformer", "output") else ""


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "formula": step.formula,
        "math": mathml(step.tex),
        "source": step.source,
        "axes": ANY if step.axes == OWN_AXES else len(step.axes.split()),
        "fine": step.fine,
        "given": step.compute is None,
        "ours": _is_ours(step),
    }


def _words(
    told: Words, events: Sequence[Mapping[str, Any]], steps: Mapping[str, Step]
) -> dict[str, Mapping[str, Any]]:
    """Return what one language says of these events and steps, and on the page."""
    named = {event.get(part) for event in events for part in ("place", "stack")}
    going = {event["phase"].partition(" ")[0] for event in events}
    of_steps = {key: told.of(step) for key, step in steps.items()}
    return {
        "steps": {key: [word.title, word.what, word.why] for key, word in of_steps.items()},
        "places": {key: word.title for key, word in told.places.items() if key in named},
        "phases": {key: word.title for key, word in told.phases.items() if key in going},
        "page": told.page,
    }
