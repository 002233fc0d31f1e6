"""Which words an axis runs over."""

from collections.abc import Mapping, Sequence

from tracetf.trace.event import Event, Tokens
from tracetf.trace.trace import Trace

OVER_WORDS = ("token", "query", "key")
OF_THE_SOURCE = ("cross_attention", "global_attention", "_score")  # whose keys are the source's
PREDICT = ("decoder", "output", "probabilities", "bigram", "next_word")  # a word further
STATISTICS = ("mean", "deviation", "min", "max", "masked")


def side(path: str, axis: str) -> str:
    """Say whether an axis runs over the `source` or the `target` words.

    The encoder reads the source, the decoder the target; the keys of what it looks at are the source's.
    """
    module, _, name = path.rpartition(".")
    of_source = module.startswith("encoder") or module == "rows" or name in ("source", "source_mask")
    return "source" if of_source or (axis == "key" and module.endswith(OF_THE_SOURCE)) else "target"


def label(
    path: str,
    axes: Sequence[str],
    shape: Sequence[int],
    words: Mapping[str, Tokens],
    time: float | None = None,
) -> dict[str, Tokens]:
    """Return the words along each axis that runs over words, sentence by sentence.

    A cached decoder computes only the last rows; the words of those rows are the last ones.

    Args:
        time: the one word that a recurrent cell reads, counted from the end of the sentence.
    """
    labels: dict[str, Tokens] = {"statistic": (STATISTICS,)} if "statistic" in axes else {}
    for axis, size in zip(axes, shape, strict=True):
        here = side(path, axis)
        if axis not in OVER_WORDS or here not in words:
            continue
        sentences = words[here]
        missing = len(sentences[0]) - size
        if time is not None:
            labels[axis] = tuple((sentence[int(time)],) for sentence in sentences)
        elif missing == 0 or (missing > 0 and here == "target"):
            labels[axis] = tuple(sentence[missing:] for sentence in sentences)
    return labels


def predicted(trace: Trace, event: Event) -> Tokens | None:
    """Return for each row of a decoder event the word it predicts, if the run says so.

    With a given target that is the target one word further; in decoding, the word read next, and at the
    last row the word that was chosen.
    """
    rows = next((event.labels[axis] for axis in ("query", "token") if axis in event.labels), None)
    if rows is None or not event.path.startswith(PREDICT):
        return None
    given = [told for told in trace.select("expected", event.phase) if told.order < event.order]
    chosen = [told for told in trace.select("*choice", event.phase) if told.order > event.order]
    if "target" not in trace.vocabularies or not (given or chosen):
        return None
    if given:
        return trace.spell("target", given[-1].value)
    words = trace.spell("target", chosen[0].value[:, None])
    return tuple((*read[1:], *word) for read, word in zip(rows, words, strict=True))
