"""The steps of beam search, and of taking along what belongs to the rows that go on."""

import numpy as np

from tracetf.steps.loss import log_probabilities as log_softmax
from tracetf.steps.table import Array, given, step

BEAM = "section 6.1; Wu et al. 2016, section 7"

given(
    "rows.rows",
    "batch",
    formula="rows = the rows of the batch whose sentence goes on",
    tex=r"(i_1, \dots, i_k)",
    source="section 3.1",
)


@step(
    "rows.memory",
    "batch token d_model",
    formula="memory = the rows of memory that go on",
    tex=r"(m_{i_1}, \dots, m_{i_k})",
    source="section 3.1",
    reads="memory rows",
)
def memory(memory: Array, rows: Array) -> Array:
    return memory[rows]


@step(
    "rows.mask",
    "batch query key",
    formula="mask = the rows of the source mask that go on",
    tex=r"(\mathrm{mask}_{i_1}, \dots, \mathrm{mask}_{i_k})",
    source="section 3.2.3",
    reads="mask rows",
)
def mask(mask: Array, rows: Array) -> Array:
    return mask[rows]


@step(
    "beam.log_probabilities",
    "batch vocabulary",
    formula="log_probabilities = log softmax(last row of logits)",
    tex=r"\log p(y_t \mid y_{<t}, x)",
    source=BEAM,
    reads="logits",
)
def log_probabilities(logits: Array) -> Array:
    return log_softmax(logits[:, -1])


def _going(known: Array | None, going: Array | None, empty: Array) -> Array:
    """Return what is known of the hypotheses of the sentences that go on; before the first step, `empty`."""
    return empty if known is None else known if going is None else known[going]


@step(
    "beam.candidates",
    "batch beam vocabulary",
    formula="candidates = totals before + log_probabilities",
    tex=r"\log P(y_{<t} \mid x) + \log p(y_t \mid y_{<t}, x)",
    source=BEAM,
    reads="log_probabilities beams totals_before? ended_before? going_before? padding",
)
def beam_candidates(
    log_probabilities: Array,
    beams: int,
    totals: Array | None,
    ended: Array | None,
    going: Array | None,
    padding: int,
) -> Array:
    added = log_probabilities.reshape(-1, beams, log_probabilities.shape[-1])
    alone = np.where(np.arange(beams) == 0, 0, -np.inf)
    totals = _going(totals, going, np.broadcast_to(alone, added.shape[:2]))
    ended = _going(ended, going, np.zeros(added.shape[:2], dtype=bool))
    stays = np.where(np.arange(added.shape[-1]) == padding, 0, -np.inf)
    return totals[..., None] + np.where(ended[..., None], stays, added)


@step(
    "beam.penalties",
    "batch beam",
    formula="penalties = ((5 + length) / 6)^α",
    tex=r"lp(Y) = \frac{(5 + |Y|)^{\alpha}}{(5 + 1)^{\alpha}}",
    source="section 6.1; Wu et al. 2016, equation 14",
    reads="candidates lengths_before? ended_before? going_before? length_penalty",
)
def penalties(
    candidates: Array, lengths: Array | None, ended: Array | None, going: Array | None, alpha: float
) -> Array:
    return ((5 + _longer(candidates, lengths, ended, going)) / 6) ** alpha


def _longer(candidates: Array, lengths: Array | None, ended: Array | None, going: Array | None) -> Array:
    empty = np.zeros(candidates.shape[:2], dtype=int)
    return _going(lengths, going, empty) + ~_going(ended, going, empty.astype(bool))


@step(
    "beam.scores",
    "batch beam vocabulary",
    formula="scores = candidates / penalties",
    tex=r"s(Y, X) = \frac{\log P(Y \mid X)}{lp(Y)}",
    source="section 6.1; Wu et al. 2016, equation 14",
    reads="candidates penalties",
)
def scores(candidates: Array, penalties: Array) -> Array:
    return candidates / penalties[..., None]


def _best(scores: Array, width: int) -> Array:
    flat = scores.reshape(len(scores), -1)
    return np.argsort(-flat, axis=-1, kind="stable")[:, :width]


@step(
    "beam.parents",
    "batch kept",
    formula="parents = the hypotheses with the best scores",
    tex=r"\operatorname{top}_k \, s(Y, X)",
    source=BEAM,
    reads="scores width",
)
def parents(scores: Array, width: int) -> Array:
    return _best(scores, width) // scores.shape[-1]


@step(
    "beam.words",
    "batch kept",
    formula="words = the words with the best scores",
    tex=r"\operatorname{top}_k \, s(Y, X)",
    source=BEAM,
    reads="scores width",
)
def words(scores: Array, width: int) -> Array:
    return _best(scores, width) % scores.shape[-1]


@step(
    "beam.totals",
    "batch kept",
    formula="totals = candidates at (parents, words)",
    tex=r"\log P(y_{\le t} \mid x)",
    source=BEAM,
    reads="candidates parents words",
)
def totals(candidates: Array, parents: Array, words: Array) -> Array:
    return candidates[np.arange(len(candidates))[:, None], parents, words]


@step(
    "beam.lengths",
    "batch kept",
    formula="lengths = number of words, with </s>",
    tex=r"|Y|",
    source="section 6.1; Wu et al. 2016, equation 14",
    reads="candidates parents lengths_before? ended_before? going_before?",
)
def lengths(
    candidates: Array, parents: Array, lengths: Array | None, ended: Array | None, going: Array | None
) -> Array:
    return np.take_along_axis(_longer(candidates, lengths, ended, going), parents, axis=1)


@step(
    "beam.ended",
    "batch kept",
    formula="ended = the word is </s>, or ended before",
    tex=r"[y_t = \langle /s \rangle] \vee \mathrm{ended}_{t-1}",
    source=BEAM,
    reads="parents words totals beams ended_before? going_before? end",
)
def ended(
    parents: Array,
    words: Array,
    totals: Array,
    beams: int,
    before: Array | None,
    going: Array | None,
    end: int,
) -> Array:
    before = _going(before, going, np.zeros((len(parents), beams), dtype=bool))
    return np.take_along_axis(before, parents, axis=1) | (words == end) | np.isneginf(totals)


given(
    "beam.going",
    "batch",
    formula="going = an open hypothesis may still become the best",
    tex=r"\max_{Y \text{ open}} \frac{\log P(Y)}{lp(n_{max})} > \max_{Y \text{ ended}} s(Y, X)",
    source=BEAM,
)


@step(
    "beam.rows",
    "row",
    formula="rows = the row that each hypothesis continues",
    tex=r"i \cdot k + \mathrm{parent}_{ij}",
    source=BEAM,
    reads="parents going beams",
)
def rows(parents: Array, going: Array, beams: int) -> Array:
    return (beams * np.arange(len(parents))[:, None] + parents)[going].reshape(-1)
