"""A Transformer without a part: held against one written in NumPy that never had it."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from safetensors import safe_open

from tests.twin import Twin
from tracetf.checkpoint import ARCHITECTURES, read, shapes_of
from tracetf.decoding import greedy
from tracetf.dimensions import PARTS, Seq2seqDimensions
from tracetf.recorder import record
from tracetf.recurrent.seq2seq import Seq2seq
from tracetf.shipped import load
from tracetf.trace import verify
from tracetf.trace.rows import match_rows
from tracetf.training import preset
from tracetf.training.lessons import build as built
from tracetf.transformer import Decoder
from tracetf.whatifs import SWAPS, without

HEADS = ("head:1.2", "head:encoder.0.1", "head:decoder.1.0", "head:cross.0.2")
every_part = pytest.mark.parametrize("part", [*PARTS, *HEADS])
every_norm = pytest.mark.parametrize("norm", ["post", "pre"])


def logits(model, source, target):
    with torch.inference_mode():
        return model(source, target).numpy()


def close(a, b):
    return bool(np.abs(a - b).max() <= 2e-5 * max(1, np.abs(b).max()))


def decoded(model, source, cached):
    with torch.inference_mode():
        *_, written = greedy(model, source, start=1, end=2, longest=6, cached=cached)
    return written.tolist()


@every_norm
@pytest.mark.parametrize("part", ["nothing", *PARTS, *HEADS])
def test_it_computes_what_a_model_computes_that_never_had_the_part(build, source, target, part, norm):
    model = build(norm=norm)
    less = model if part == "nothing" else without(model, part)
    whole, twin = logits(model, source, target), Twin(model, part).logits(source, target)
    assert close(logits(less, source, target), twin)
    assert close(whole, twin) is (part == "nothing")


@every_part
def test_the_model_itself_is_left_as_it_was(build, source, target, part):
    model = build()
    kinds = {name: type(module) for name, module in model.named_modules()}
    less, untouched = without(model, part), build()
    assert torch.equal(model(source, target), untouched(source, target))
    assert {name: type(module) for name, module in model.named_modules()} == kinds
    assert (model.left_out, type(model.decoder)) == ((), Decoder)
    assert not {id(weight) for weight in model.parameters()} & {id(weight) for weight in less.parameters()}
    assert less.output.weight is less.decoder.embedding.weight


@every_norm
@every_part
def test_every_step_that_is_left_is_recomputed(build, source, target, part, norm):
    for train in (False, True):
        less = without(build(norm=norm, train=train, dropout=0.1), part)
        assert less.training is train
        with record(less) as trace:
            less(source, target)
        report = verify(trace)
        assert report, str(report)
        assert any(event.name == "dropped" for event in trace) is train


def test_what_takes_a_parts_place_has_a_name_of_its_own(build, source, target):
    with record(model := without(build(), "positions", "mask")) as trace:
        model(source, target)
    assert not any(event.name == "waves" for event in trace)
    assert not trace["encoder.positions.nothing"].value.any()
    real = (target != 0).numpy()
    assert (trace["decoder.open_mask"].value == real[:, None]).all()
    assert (trace["decoder.layers.0.self_attention.masked"].value > -np.inf).all(axis=(1, 2))[real].all()


@pytest.mark.parametrize("part", ["nothing", *PARTS, *HEADS])
def test_the_mask_alone_keeps_the_future_out_of_sight(build, source, target, part):
    model = build() if part == "nothing" else without(build(), part)
    other = target.clone()
    other[0, -1] = 9
    one, two = logits(model, source, target)[0], logits(model, source, other)[0]
    assert np.array_equal(one[:-1], two[:-1]) is (part != "mask")
    assert not np.array_equal(one[-1], two[-1])


@every_part
def test_padding_stays_out_of_sight(build, source, target, part):
    model = without(build(), part)
    alone = logits(model, source[1:, :3], target[1:, :3])
    assert close(logits(model, source, target)[1:, :3], alone)


def test_without_positions_the_encoder_makes_the_same_rows_of_any_order(build, source):
    order = [3, 1, 4, 0, 2]
    for model, same in ((build(), False), (without(build(), "positions"), True)):
        one, other = (model.encode(ids)[0][0].detach().numpy() for ids in (source[:1], source[:1, order]))
        found = match_rows(one, other)
        assert found.same is same
        assert not same or [order[place] for place in found.places] == [0, 1, 2, 3, 4]


@every_part
def test_a_cache_changes_nothing(build, source, part):
    model = without(build(seed=5), part)
    assert decoded(model, source, cached=True) == decoded(model, source, cached=False)


@pytest.mark.parametrize(("one", "other"), list(combinations(PARTS, 2)))
def test_parts_go_in_any_order(build, source, target, one, other):
    a, b = without(build(), one, other), without(without(build(), other), one)
    assert np.array_equal(logits(a, source, target), logits(b, source, target), equal_nan=True)
    assert set(a.left_out) == set(b.left_out) == {one, other}


def test_every_part_has_its_swap():
    assert tuple(SWAPS) == PARTS


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            "wheels",
            "'wheels' is no part that can be left out; take positions, scale, mask, residual, norm",
        ),
        (
            "head:1",
            "'head:1' is no part .* as head:1.2, head:encoder.1.2, head:decoder.1.2 or head:cross.1.2",
        ),
        ("head:memory.0.1", "'head:memory.0.1' is no part"),
        ("head:0.-1", "'head:0.-1' is no part"),
        ("head:2.0", "head:2.0 is not there; the model has layers 0 to 1 and heads 0 to 2"),
        ("head:cross.0.3", "head:cross.0.3 is not there; the model has layers 0 to 1 and heads 0 to 2"),
        ("", "'' is no part"),
    ],
)
def test_what_is_no_part_is_refused(model, part, message):
    with pytest.raises(ValueError, match=message):
        without(model, part)


def test_a_recurrent_model_has_none_of_them():
    model = Seq2seq(Seq2seqDimensions(11, 13, d_model=6))
    with pytest.raises(ValueError, match="mask cannot be left out of a Seq2seq; take a Transformer"):
        without(model, "mask")
    assert without(model) is not model


@every_part
def test_a_checkpoint_loads_without_the_part(translator, tmp_path, part):
    less = without(translator, part)
    less.checkpoint().write(tmp_path / "less.safetensors", half=False)
    again = load(tmp_path / "less.safetensors")
    assert again.left_out == less.left_out == ((part,) if part in PARTS else ())  # a head is in the weights
    source, target = less.pair("I am a student", "나는 학생이다")
    assert np.array_equal(logits(again, source, target), logits(less, source, target))
    with safe_open(tmp_path / "less.safetensors", "numpy") as file:
        said = file.metadata()["architecture"]
    assert (said in ARCHITECTURES) is (part not in PARTS)  # whoever knows nothing of parts refuses the file


@pytest.mark.parametrize("parts", [PARTS[:1], PARTS])
def test_the_shapes_of_what_is_left_are_known_without_a_model(build, parts):
    less = without(build(), *parts)
    shapes = {name: tuple(weight.shape) for name, weight in less.named_parameters()}
    assert dict(shapes_of(less.dimensions, *parts)) == shapes


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("wheels",), "'wheels' is no part that can be left out"),
        (("norm",), "more than the weights of its dim"),
    ],
)
def test_a_file_that_names_other_parts_is_refused(translator, tmp_path, parts, message):
    replace(translator.checkpoint(), left_out=parts).write(tmp_path / "odd.safetensors")
    with pytest.raises(ValueError, match=f"odd.safetensors is not a whole checkpoint: .*{message}"):
        read(tmp_path / "odd.safetensors")


@pytest.mark.parametrize("part", PARTS)
def test_what_is_left_begins_with_the_same_weights(translator, part):
    settings = preset("student", d_model=8, heads=2, layers=1)
    tokenizers = translator.reader, translator.writer
    whole, less = (built(replace(settings, without=one), *tokenizers) for one in ("", part))
    begun = dict(whole.named_parameters())
    assert all(torch.equal(weight, begun[name]) for name, weight in less.named_parameters())
    assert (less.left_out, less.provenance["without"], whole.left_out) == ((part,), part, ())


def test_a_head_is_not_left_out_of_training():
    with pytest.raises(ValueError, match=r"without='head:1\.2' is not one of positions, scale"):
        preset("student", without="head:1.2")


def test_a_recurrent_model_is_not_trained_without_it():
    with pytest.raises(ValueError, match="without='mask' has no meaning with architecture='gru'"):
        preset("gru", without="mask")
