"""What each experiment found, in tables, words and curves: where its numbers meet what draws them."""

from collections.abc import Callable, Mapping, Sequence

from tracetf.experiments import cost, gradients, length, neighbours, parameters, paths
from tracetf.experiments.one_layer import TABLE_1
from tracetf.views.curves import Curve
from tracetf.views.finding import Finding, Grid, Picture

Say = Mapping[str, str]


def _length(say: Say) -> Finding:
    found = length.measure()
    lengths = [*found.sentences]
    rows = [
        [name, *(f"{scores[n].exact:.1%}" for n in (*lengths, length.ALL)), f"{scores[length.ALL].nll:.3f}"]
        for name, scores in found.scores.items()
    ]
    sentences = [*found.sentences.values(), sum(found.sentences.values())]
    header = [say["length_model"], *map(str, lengths), say["length_all"], say["length_nll"]]
    exact = {name: [scores[n].exact for n in lengths] for name, scores in found.scores.items()}
    return Finding(
        say["length_title"],
        [
            Grid(header, [*rows, [say["length_sentences"], *map(str, sentences), "—"]]),
            say["length_note"],
            say["length_smoothing"],
        ],
        Picture(say["length_exact"], say["length_across"], _curves(lengths, exact)),
    )


def _gradients(say: Say) -> Finding:
    found, layers = gradients.measure(), gradients.LAYERS
    header = [say["gradients_network"], *(f"n = {n}" for n in found.lengths)]
    note = say["gradients_note"].format(
        size=gradients.SIZE, seeds=gradients.SEEDS, layers=layers.layers, heads=layers.heads
    )
    return Finding(
        say["gradients_title"],
        [
            Grid(header, [[name, *(f"{norm:.3g}" for norm in norms)] for name, norms in found.norms.items()]),
            note,
            say["gradients_gain"],
        ],
        Picture("‖∂h_n/∂x_1‖", say["across_words"], _curves(found.lengths, found.norms), log=True),
    )


def _paths(say: Say) -> Finding:
    found = paths.measure()
    both = {"RNN": found.recurrent, say["table_1_attention"]: found.attention}
    columns = {
        f"{layer}, {say[f'paths_{kind}']}": [getattr(path, kind) for path in walked]
        for layer, walked in both.items()
        for kind in ("distance", "steps")
    }
    return Finding(
        say["paths_title"],
        [_by_length(found.lengths, columns), say["paths_note"], _table_1(say)],
        Picture(say["paths_events"], say["across_words"], _curves(found.lengths, columns)),
    )


def _cost(say: Say) -> Finding:
    found, attention = cost.measure(), say["table_1_attention"]
    columns = {
        f"{attention}, {say['cost_between']}": found.between,
        f"{attention}, {say['cost_whole']}": found.attention,
        **found.recurrent,
    }
    crossings = {
        "between": found.crossing("RNN", whole=False),
        "gru": found.crossing("GRU", whole=True),
        "lstm": found.crossing("LSTM", whole=True),
    }
    return Finding(
        say["cost_title"].format(d=found.d_model),
        [
            _by_length(found.lengths, columns),
            say["cost_note"].format(**crossings),
            say["cost_projections"].format(**crossings),
            say["cost_table"],
            _table_1(say),
        ],
        Picture(
            say["cost_title"].format(d=found.d_model),
            say["across_words"],
            _curves(found.lengths, columns),
            log=True,
        ),
    )


def _parameters(say: Say) -> Finding:
    found = parameters.measure()
    header = [say[f"parameters_{key}"] for key in ("cell", "ours", "torch", "ratio")]
    rows = [
        [name, f"{found.ours[name]:,}", f"{theirs:,}", f"{theirs / found.torch['RNN']:g}"]
        for name, theirs in found.torch.items()
    ]
    return Finding(
        say["parameters_title"].format(size=parameters.SIZE), [Grid(header, rows), say["parameters_note"]]
    )


def _neighbours(say: Say) -> Finding:
    found = neighbours.measure()
    header = [say["neighbours_norm"], say["neighbours_moved"]]
    rows = [
        [name, f"{moved:.4f}" if moved else say["neighbours_same"]] for name, moved in found.moved.items()
    ]
    note = say["neighbours_note"].format(sentence=found.sentence, one=found.one, other=found.other)
    return Finding(say["neighbours_title"], [Grid(header, rows), note])


FINDINGS: dict[str, Callable[[Say], Finding]] = {
    "length": _length,
    "gradients": _gradients,
    "paths": _paths,
    "cost": _cost,
    "parameters": _parameters,
    "neighbours": _neighbours,
}


def _by_length(lengths: Sequence[int], columns: Mapping[str, Sequence[int]]) -> Grid:
    """Return a row for each length of sentence; what a name says behind its comma stands below."""
    header = ["n", *(name.replace(", ", "\n") for name in columns)]
    rows = zip(lengths, *columns.values(), strict=True)
    return Grid(header, [[f"{number:,}" for number in row] for row in rows])


def _table_1(say: Say) -> Grid:
    """Return the paper's own table."""
    header = [say[f"table_1_{key}"] for key in ("layer", "cost", "steps", "path")]
    return Grid(header, [[say[f"table_1_{layer}"], *terms] for layer, terms in TABLE_1.items()])


def _curves(lengths: Sequence[int], columns: Mapping[str, Sequence[float]]) -> list[Curve]:
    """Return a curve for each column; those whose names begin alike are a family."""
    return [
        Curve(name, list(zip(lengths, column, strict=True)), dots=True, family=name.partition(",")[0])
        for name, column in columns.items()
    ]
