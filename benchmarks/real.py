"""How far a training on real sentences came: `python -m benchmarks.real RUN TEST`.

RUN is the folder of a training by data of one's own, TEST a file of pairs that it never saw, with the same
columns. It writes docs/real-data.md.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tracetf import load
from tracetf.data.pairs import TextPair, read_pairs
from tracetf.quality import bleu_and_chrf
from tracetf.training.config import read_config
from tracetf.training.judging import fitting
from tracetf.training.metrics import METRICS, read_metrics
from tracetf.training.presets import PRESETS
from tracetf.training.settings import SETTINGS, columns
from tracetf.translate import Translator
from tracetf.views.curves import loss_svg
from tracetf.words import words

PAGE = Path(__file__).parents[1] / "docs" / "real-data.md"
OF_THE_MACHINE = ("data", "validation", "threads", "device", "save_every", "save_minutes")
ROWS = 10
STRATEGIES: dict[str, dict[str, Any]] = {"greedy": {}, "beam of 4, α = 0.6": {"beam": 4}}


def main(run: Path, test: Path) -> None:
    """Judge the checkpoint of a run, and write the page."""
    settings = read_config(run / "settings.toml")
    metrics = read_metrics(run / METRICS)
    model = load(run / "checkpoint.safetensors")
    pairs = fitting(model, read_pairs(test, columns=columns(settings["columns"])).pairs)
    last = [line for line in metrics if line["kind"] == "step"][-1]
    told = [
        "Trained by",
        f"```sh\ntracetf train --preset tiny {' '.join(options(settings))}\n```",
        f"{last['step']:,} steps, {last['epoch']} times through the sentences; "
        f"{sum(weight.numel() for weight in model.parameters()):,} weights.",
        "\n".join(["| test sentences | BLEU | chrF |", "|---|---|---|", *quality(model, pairs)]),
        "\n".join(["| step | perplexity, held out | BLEU, held out |", "|---|---|---|", *curve(metrics)]),
        loss_svg(metrics, words("en").screen),
    ]
    PAGE.write_text("\n\n".join(told) + "\n", encoding="utf-8")


def options(settings: dict[str, Any]) -> Iterator[str]:
    """Yield what the command was told beyond its preset; files by the names that anybody may give them."""
    yield "--data train.tsv --validation val.tsv"
    for name, value in settings.items():
        if value != PRESETS["tiny"].get(name, SETTINGS[name].default) and name not in OF_THE_MACHINE:
            yield f"--{name.replace('_', '-')} {value}"


def quality(model: Translator, pairs: Sequence[TextPair]) -> Iterator[str]:
    """Yield a row of the table for each way to choose words, and the signatures."""
    for name, how in STRATEGIES.items():
        written = list(model.translate_all([pair.source for pair in pairs], **how))
        said = bleu_and_chrf(written, [pair.target for pair in pairs])
        yield f"| {len(pairs):,}, {name} | {said['bleu']:.1f} | {said['chrf']:.1f} |"
    yield f"\n`{said['bleu_signature']}`, `{said['chrf_signature']}`"


def curve(metrics: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield rows of what held-out pairs said while it learned."""
    judged = [line for line in metrics if line["kind"] == "validation"]
    for line in judged[:: -(-len(judged) // ROWS)]:
        yield f"| {line['step']:,} | {line['perplexity']:.1f} | {line['bleu']:.1f} |"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
