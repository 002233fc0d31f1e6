"""Which words decide a Korean particle: the English article, and the last letter of the noun."""

import numpy as np

import tracetf
from tracetf.data.korean import PARTICLES, has_batchim, particle
from tracetf.data.splits import splits
from tracetf.quality import exact_match, translated
from tracetf.training.lessons import texts

model = tracetf.load()
SENTENCES = ("the student is tired", "a student is tired", "the doctor is tired", "a doctor is tired")
ENDINGS = ("##은", "##는", "##이", "##가")


def followed(sentence: str) -> tracetf.Trace:
    """Return the run on a sentence."""
    with tracetf.record(model) as trace:
        model.translate(sentence)
    return trace


def looks(trace: tracetf.Trace, kind: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return where the row that predicts the particle looks in the last layer, mean over its heads."""
    event = trace[f"decoder.layers.1.{kind}.weights", trace.phases[-1]]
    written = [*event.labels["query"][0][1:], "</s>"]
    row = next(i for i, word in enumerate(written) if word in ENDINGS)
    return event.labels["key"][0], event.value[0, :, row].mean(axis=0)


runs = {sentence: followed(sentence) for sentence in SENTENCES}
said = {sentence: model.translate(sentence) for sentence in SENTENCES}
source = {sentence: looks(trace, "cross_attention") for sentence, trace in runs.items()}
target = {sentence: looks(trace, "self_attention") for sentence, trace in runs.items()}
to_article = [float(source[sentence][1][0]) for sentence in SENTENCES]
to_noun = [float(target[sentence][1][1]) for sentence in SENTENCES]
nouns = [target[sentence][0][1] for sentence in SENTENCES]
PLACE = "decoder.layers.1.cross_attention.weights"
endings = [
    next(word for word in trace[PLACE, trace.phases[-1]].labels["query"][0] if word in ENDINGS)
    for trace in runs.values()
]
first = runs[SENTENCES[0]]
LAST = first.phases[-1]

WORDS = ("학생", "의사", "시인", "배우", "군인", "주인", "간호사", "화가")
batchim = [has_batchim(word) for word in WORDS]
rule = [
    [particle(use, word).removeprefix("##") for use in ("topic", "subject", "object", "is")] for word in WORDS
]
rule_rows = "\n".join(
    f"| {word} | {(ord(word[-1]) - 0xAC00) % 28} | {' | '.join(made)} |"
    for word, made in zip(WORDS, rule, strict=True)
)
forms = len(PARTICLES)

role = texts(splits("small").role)[:100]
role_right = exact_match(translated(model, role), [pair.target for pair in role])
