"""From one vector that holds a sentence to a look at all its states."""

import warnings

import tracetf
from tracetf.experiments import length
from tracetf.recurrent.attention import SCORES

MODELS = {"GRU": "gru", "GRU + attention": "gru-attention", "Transformer": "student"}
models = {name: tracetf.load(file) for name, file in MODELS.items()}
SENTENCE = "I am a student"
with tracetf.record(models["GRU + attention"]) as trace:
    models["GRU + attention"].translate(SENTENCE)

# sentences of several lengths, and what the decoder gets of them
TOLD = ("I go home", "the poet likes an actor", "will the soldier not go to the hospital ?")
handed = {}
for sentence in TOLD:
    with tracetf.record(models["GRU"], only="*.outputs", parameters=False) as run:
        said = models["GRU"].translate(sentence)
    words_read = run["encoder.recurrent.layers.0.forwards.states.outputs"].value.shape[1]
    handed[sentence] = (words_read, said, models["GRU + attention"].translate(sentence))
size = trace.dimensions["d_model"]

# the four steps of one row, the one that predicts a noun
PLACE, last = "decoder.global_attention", trace.phases[-1]
scores, weights, context, concat = (
    trace[f"{PLACE}.{name}", last].value[0] for name in ("dot_score.scores", "weights", "context", "concat")
)
source, written = (trace[f"{PLACE}.weights", last].labels[axis][0] for axis in ("key", "query"))
predicts = [*written[1:], "</s>"]
row = predicts.index("학생")

# ways to compare, and what they cost
compared = {name: sum(p.numel() for p in score(size).parameters()) for name, score in SCORES.items()}

# a word that none of them ever met
STRANGE = "I am a zookeeper"
with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)
    guesses = {name: model.translate(STRANGE) for name, model in models.items()}

# all held-out sentences, by their length
found = length.measure()
COLUMNS = [f"n = {n}" for n in found.sentences]
exact, nll = (
    [[getattr(scores[n], kind) for n in (*found.sentences, length.ALL)] for scores in found.scores.values()]
    for kind in ("exact", "nll")
)
wrong = [
    round(sum(count * (1 - found.scores[model][n].exact) for n, count in found.sentences.items()))
    for model in ("gru", "gru-attention", "student")
]
parameters = {name: sum(p.numel() for p in model.parameters()) for name, model in models.items()}


def over(model: str) -> list[tuple[float, float]]:
    """Return how many of its translations are right, length by length."""
    return [(n, found.scores[model][n].exact) for n in found.sentences]
