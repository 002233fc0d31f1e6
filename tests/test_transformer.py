from collections.abc import Callable
from math import sqrt

import pytest
import torch
from einops import rearrange
from torch import Tensor, nn
from torch.testing import assert_close

from tracetf.layers.attention import MultiHeadAttention
from tracetf.recorder import record
from tracetf.trace import Trace, verify
from tracetf.transformer import DecoderLayer, EncoderLayer, Transformer

BUILDS = {"post-norm": {}, "pre-norm": {"norm": "pre"}, "odd d_model": {"d_model": 9}}
MODES = {"in evaluation": {}, "in training": {"train": True, "dropout": 0.0}}
built = pytest.mark.parametrize("sizes", BUILDS.values(), ids=BUILDS)
moded = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)


def copy_attention(ours: MultiHeadAttention, torchs: nn.MultiheadAttention) -> None:
    inside = [rearrange(W, "head d_model d -> (head d) d_model") for W in (ours.W_Q, ours.W_K, ours.W_V)]
    torchs.in_proj_weight.copy_(torch.cat(inside))
    torchs.out_proj.weight.copy_(ours.W_O.T)
    torchs.in_proj_bias.zero_()
    torchs.out_proj.bias.zero_()


def copy_norm(ours: nn.Module, torchs: nn.LayerNorm) -> None:
    torchs.weight.copy_(ours.gamma)
    torchs.bias.copy_(ours.beta)


def copy_layer(ours: EncoderLayer | DecoderLayer, torchs: nn.Module) -> None:
    copy_attention(ours.self_attention, torchs.self_attn)
    norms = [ours.self_attention_norm]
    if isinstance(ours, DecoderLayer):
        copy_attention(ours.cross_attention, torchs.multihead_attn)
        norms.append(ours.cross_attention_norm)
    for number, norm in enumerate([*norms, ours.feed_forward_norm], start=1):
        copy_norm(norm, getattr(torchs, f"norm{number}"))
    for number, linear in enumerate((torchs.linear1, torchs.linear2), start=1):
        linear.weight.copy_(getattr(ours.feed_forward, f"W_{number}").T)
        linear.bias.copy_(getattr(ours.feed_forward, f"b_{number}"))


@torch.no_grad()
def twin(model: Transformer) -> nn.Transformer:
    """Return torch's own Transformer with our weights, and without the last norms it has in post-norm."""
    size = model.dimensions
    parts = {
        "dim_feedforward": size.d_ff,
        "norm_first": size.norm == "pre",
        "dropout": 0,
        "batch_first": True,
    }
    ends = [nn.LayerNorm(size.d_model) if size.norm == "pre" else None for _ in range(2)]
    encoder_layer = nn.TransformerEncoderLayer(size.d_model, size.heads, **parts)
    decoder_layer = nn.TransformerDecoderLayer(size.d_model, size.heads, **parts)
    torchs = nn.Transformer(
        size.d_model,
        size.heads,
        custom_encoder=nn.TransformerEncoder(encoder_layer, size.layers, ends[0], enable_nested_tensor=False),
        custom_decoder=nn.TransformerDecoder(decoder_layer, size.layers, ends[1]),
        batch_first=True,
    )
    for mine, theirs in ((model.encoder, torchs.encoder), (model.decoder, torchs.decoder)):
        for ours, layer in zip(mine.layers, theirs.layers, strict=True):
            copy_layer(ours, layer)
        if theirs.norm is not None:
            copy_norm(mine.norm, theirs.norm)
    return torchs.train(model.training)


@moded
@pytest.mark.parametrize("norm", ["post", "pre"])
def test_the_model_is_torchs_transformer(
    norm: str, mode: dict, build: Callable, source: Tensor, target: Tensor
) -> None:
    model = build(norm=norm, d_k=0, d_v=0, **mode)
    decoded = twin(model)(
        model.encoder.embed(source),
        model.decoder.embed(target),
        tgt_mask=torch.ones(4, 4).triu(1).bool(),
        src_key_padding_mask=source == 0,
        tgt_key_padding_mask=target == 0,
        memory_key_padding_mask=source == 0,
    )
    assert_close(model(source, target), decoded @ model.output.weight.T, atol=2e-5, rtol=0)


@pytest.mark.parametrize(
    "run",
    ["eval", "train", "pre-norm", "pre-norm, train", "odd d_model", "cached", "uncached", "cached, pre-norm"],
)
def test_every_number_is_the_one_of_its_float64_twin(run: str, runs: dict[str, Trace]) -> None:
    report = verify(runs[run], tolerance=2e-5)
    assert report, str(report)
    assert report.checked + report.given == len(runs[run])


@moded
@built
@pytest.mark.parametrize("word", [1, 2, 3])
def test_later_target_words_do_not_reach_earlier_logits(
    word: int, sizes: dict, mode: dict, build: Callable, source: Tensor, target: Tensor
) -> None:
    model = build(**sizes, **mode)
    other = target.clone()
    other[:, word:] = torch.randint(3, 13, other[:, word:].shape)
    before, after = model(source, target), model(source, other)
    assert torch.equal(before[:, :word], after[:, :word])
    assert not torch.equal(before[:, word:], after[:, word:])


@built
def test_a_source_word_is_seen_by_the_whole_sentence(sizes: dict, build: Callable, source: Tensor) -> None:
    model = build(**sizes)
    other = source.clone()
    other[0, -1] = 3
    memory, changed = model.encode(source)[0], model.encode(other)[0]
    assert (memory[0] != changed[0]).any(dim=-1).all()
    assert torch.equal(memory[1], changed[1])


@moded
@built
def test_what_stands_in_padded_places_changes_nothing(
    sizes: dict, mode: dict, build: Callable, source: Tensor, target: Tensor
) -> None:
    model = build(**sizes, **mode)
    before = model(source, target)
    model.encoder.embedding.weight.data[0] = 1e3 * torch.randn(model.dimensions.d_model)
    model.decoder.embedding.weight.data[0] = 1e3 * torch.randn(model.dimensions.d_model)
    after = model(source, target)
    words = target != 0
    assert torch.equal(before[words][:, 1:], after[words][:, 1:])


@built
def test_more_padding_changes_nothing(sizes: dict, build: Callable, source: Tensor, target: Tensor) -> None:
    model = build(**sizes)
    padded = nn.functional.pad(source, (0, 3)), nn.functional.pad(target, (0, 2))
    assert_close(model(*padded)[:, :4], model(source, target), atol=2e-5, rtol=0)


@moded
@built
def test_a_sentence_in_a_batch_is_as_it_is_alone(
    sizes: dict, mode: dict, build: Callable, source: Tensor, target: Tensor
) -> None:
    model = build(**sizes, **mode)
    together = model(source, target)
    assert_close(together[0], model(source[:1], target[:1])[0], atol=2e-5, rtol=0)
    assert_close(together[1, :3], model(source[1:, :3], target[1:, :3])[0], atol=2e-5, rtol=0)


def test_the_order_of_the_words_matters(model: Transformer, source: Tensor) -> None:
    order = [4, 3, 2, 1, 0]
    shuffled = model.encode(source[:1, order])[0]
    assert not torch.allclose(shuffled, model.encode(source[:1])[0][:, order], atol=1e-2)


def test_a_shared_vocabulary_has_one_matrix_for_both_embeddings_and_the_output(
    build: Callable, source: Tensor, target: Tensor
) -> None:
    model = build(shared=True, source_words=13)
    weight = model.output.weight
    assert model.encoder.embedding.weight is weight
    assert model.decoder.embedding.weight is weight
    assert [n for n, _ in model.named_parameters() if "embedding" in n or "output" in n] == [
        "encoder.embedding.weight"
    ]
    rows = model.encoder.embedding(source)
    assert_close(rows, weight[source] * sqrt(model.dimensions.d_model), atol=2e-5, rtol=0)
    with record(model) as trace:
        model(source, target)
    assert verify(trace)


def test_the_output_weight_is_the_target_embedding(build: Callable, source: Tensor, target: Tensor) -> None:
    model = build(train=True)
    assert model.output.weight is model.decoder.embedding.weight
    assert model.output.weight is not model.encoder.embedding.weight
    assert "output.weight" not in dict(model.named_parameters())
    model(source, target).sum().backward()
    assert (model.output.weight.grad != 0).any(dim=-1).all()


@pytest.mark.parametrize("run", ["eval", "train", "pre-norm", "cached"])
def test_masks_reach_every_layer(run: str, runs: dict[str, Trace]) -> None:
    trace = runs[run]
    for weights in trace.select("*.weights"):
        mask = trace.made(weights.inputs["mask"]).value[:, None]
        assert ((weights.value == 0) == ~mask).all(), weights
        assert abs(weights.value.sum(axis=-1) - 1).max() < 1e-6


@pytest.mark.parametrize("run", ["eval", "pre-norm", "uncached"])
def test_every_decoder_layer_reads_what_the_last_encoder_layer_wrote(
    run: str, runs: dict[str, Trace]
) -> None:
    trace = runs[run]
    last = "encoder.norm.output" if run == "pre-norm" else "encoder.layers.1.feed_forward_norm.output"
    for keys in trace.select("decoder.layers.*.cross_attention.K"):
        assert trace.made(keys.inputs["memory"]).path == last


def test_nothing_is_dropped_in_evaluation(runs: dict[str, Trace]) -> None:
    assert not runs["eval"].select("*dropout*")
    dropped = {event.module for event in runs["train"].select("*dropout.dropped")}
    attentions, networks, embeddings = 2 + 4, 2 + 2, 2
    assert len(dropped) == attentions + networks + embeddings


def test_every_weight_learns(build: Callable, source: Tensor, target: Tensor) -> None:
    for norm in ("post", "pre"):
        model = build(train=True, norm=norm)
        (model(source, target) ** 2).sum().backward()
        still = [name for name, parameter in model.named_parameters() if not parameter.grad.any()]
        assert still == []


def test_decoding_reads_the_memory_and_mask_of_encoding(
    model: Transformer, source: Tensor, target: Tensor
) -> None:
    memory, mask = model.encode(source)
    assert torch.equal(model.decode(target, memory, mask), model(source, target))


def test_a_sentence_longer_than_the_positions_is_refused(model: Transformer) -> None:
    with pytest.raises(ValueError, match="17 words, but the model has positions for 16"):
        model.encode(torch.ones(1, 17, dtype=torch.long))


def test_an_empty_sentence_is_refused(model: Transformer, target: Tensor) -> None:
    with pytest.raises(ValueError, match="query 0 of sentence 1 may look at nothing"):
        model(torch.tensor([[4, 5], [0, 0]]), target)


def test_a_model_is_recorded_the_same_however_it_is_called(
    model: Transformer, source: Tensor, target: Tensor
) -> None:
    with record(model) as whole:
        model(source, target)
    with record(model) as parts:
        model.decode(target, *model.encode(source))
    assert [event.path for event in whole] == [event.path for event in parts]
    assert verify(parts)
